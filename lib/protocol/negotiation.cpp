#include "lib/protocol/negotiation.h"

#include <fmt/format.h>

#include <utility>

#include "lib/base/text.h"
#include "lib/protocol/frame.h"

namespace tcpstep {
namespace {

constexpr char kOpening = static_cast<char>(kSentinel);

}  // namespace

ServerNegotiation::ServerNegotiation(Hello hello, const Secret* secret)
    : hello_(std::move(hello)), secret_(secret) {
  hello_.wants_authentication = secret_ != nullptr;
}

std::string ServerNegotiation::opening() {
  return {kOpening};
}

std::string ServerNegotiation::add(std::span<const std::byte> bytes) {
  if (bytes.empty() || state_ == State::Failed) {
    return {};
  }
  switch (state_) {
    case State::AwaitingAck:
      return take_ack(bytes);
    case State::AwaitingRequest:
    case State::AwaitingMac:
      frames_.add(bytes);
      return take_frames();
    default:
      return fail("unexpected data from the client");
  }
}

std::string ServerNegotiation::take_ack(std::span<const std::byte> bytes) {
  if (bytes.size() > 1) {
    return fail("unexpected data from the client");
  }
  if (bytes.front() == kFrameMark) {
    state_ = State::AwaitingRequest;
    said_ = encode(hello_);
    return encode_frame(said_);
  }
  if (secret_ != nullptr) {
    is_unauthenticated_ = true;
    return fail("a classic client cannot authenticate (--secret-file)");
  }
  state_ = State::Classic;
  return {};
}

std::string ServerNegotiation::take_frames() {
  std::string reply;
  try {
    while (state_ == State::AwaitingRequest || state_ == State::AwaitingMac) {
      const auto json = frames_.next();
      if (!json) {
        return {};
      }
      if (state_ == State::AwaitingRequest) {
        take_request(*json);
      } else {
        reply = take_mac(*json);
      }
    }
    if (state_ != State::Failed && !frames_.is_empty()) {
      return fail("unexpected data from the client");
    }
  } catch (const ProtocolError& error) {
    return fail(error.what());
  }
  return state_ == State::Failed ? fail(fault_) : reply;
}

// The request is decoded only after the MAC: before that, a stranger reaches as little as possible.
void ServerNegotiation::take_request(std::string_view json) {
  asked_ = json;
  if (secret_ != nullptr) {
    state_ = State::AwaitingMac;
  } else {
    grant();
  }
}

// Returns this end's proof.
std::string ServerNegotiation::take_mac(std::string_view json) {
  const Message message = decode(json);
  const auto* authentication = std::get_if<Authentication>(&message);
  if (authentication != nullptr) {
    session_.emplace(*secret_, Role::Server, said_, asked_, authentication->nonce);
  }
  if (!session_ || !session_->accepts(authentication->mac)) {
    is_unauthenticated_ = true;
    fault_ = "the client does not know the secret";
    state_ = State::Failed;
    return {};
  }
  grant();
  return frame_of(Authentication{.nonce = {}, .mac = session_->prove()});
}

void ServerNegotiation::grant() {
  Message message = decode(asked_);
  asked_.clear();
  if (auto* request = std::get_if<Request>(&message)) {
    request_ = std::move(*request);
    state_ = State::Requested;
  } else if (auto* join = std::get_if<Join>(&message)) {
    join_ = std::move(*join);
    state_ = State::Joined;
  } else {
    throw ProtocolError("expected a request or a join");
  }
}

std::string ServerNegotiation::fail(const std::string& fault) {
  const bool has_frames = state_ != State::AwaitingAck && state_ != State::Classic;
  state_ = State::Failed;
  fault_ = fault;
  return has_frames ? frame_of(Refuse{.reason = fault,
                                      .hint = is_unauthenticated_
                                                  ? "Give both ends the same --secret-file."
                                                  : "Are both ends the same version?"})
                    : std::string();
}

ClientNegotiation::ClientNegotiation(Request request, const Secret* secret)
    : asked_(std::move(request)), secret_(secret) {}

ClientNegotiation::ClientNegotiation(Join join, const Secret* secret)
    : asked_(std::move(join)), secret_(secret) {}

std::string ClientNegotiation::add(std::span<const std::byte> bytes) {
  if (bytes.empty() || state_ == State::Failed) {
    return {};
  }
  if (state_ == State::AwaitingOpening) {
    if (bytes.size() > 1 || bytes.front() != kSentinel) {
      frames_.add(bytes);
      state_ = State::Classic;  // it does not wait for the ack, or its first payload is larger
      return {};
    }
    state_ = State::AwaitingHello;
    has_acked_ = true;
    return {static_cast<char>(kFrameMark)};
  }
  frames_.add(bytes);
  if (state_ == State::AwaitingHello && !has_asked_) {
    if (beginning_.size() <= kFrameHeaderBytes) {
      beginning_ +=
          text_of(bytes.first(std::min(bytes.size(), kFrameHeaderBytes + 1 - beginning_.size())));
    }
    if (!may_be_frame(beginning_)) {
      state_ = State::Classic;
      return {};
    }
  }
  return take_frames();
}

std::string ClientNegotiation::take_frames() {
  std::string reply;
  try {
    for (;;) {
      const bool is_decided = state_ != State::AwaitingHello && state_ != State::AwaitingProof &&
                              state_ != State::Waiting && state_ != State::AwaitingSeal;
      const auto json = is_decided ? std::nullopt : frames_.next();
      if (!json) {
        break;
      }
      switch (state_) {
        case State::AwaitingHello:
          reply += take_hello(*json);
          break;
        case State::AwaitingProof:
          take_proof(*json);
          break;
        case State::AwaitingSeal:
          take_seal(*json);
          break;
        default:
          take_decision(*json);
      }
    }
  } catch (const ProtocolError& error) {
    state_ = State::Failed;
    fault_ = error.what();
  }
  return reply;
}

std::string ClientNegotiation::take_hello(std::string_view json) {
  const Message message = decode(json);
  if (const auto* refusal = std::get_if<Refuse>(&message)) {
    refuse(*refusal);
    return {};
  }
  const auto* hello = std::get_if<Hello>(&message);
  if (hello == nullptr) {
    throw ProtocolError("the server did not send hello");
  }
  limits_ = hello->limits;
  if (!hello->wants_authentication && secret_ != nullptr) {
    throw ProtocolError("it does not ask for the secret of --secret-file");
  }
  if (hello->wants_authentication && secret_ == nullptr) {
    refuse({.reason = "the server accepts only clients that know its secret",
            .hint = "Use --secret-file FILE."});
    return {};
  }
  return ask(*hello, json);
}

// What to ask for, with the proof of the secret; the server's is awaited then.
std::string ClientNegotiation::ask(const Hello& hello, std::string_view said) {
  const std::string asked = encode(asked_);
  std::string reply = encode_frame(asked, kLargestRequest);
  has_asked_ = true;
  if (hello.wants_authentication) {
    Authentication proof{.nonce = random_hex(32), .mac = {}};
    session_.emplace(*secret_, Role::Client, said, asked, proof.nonce);
    proof.mac = session_->prove();
    state_ = State::AwaitingProof;
    return reply + frame_of(proof);
  }
  // After a join there is no decision: the ping follows, or a refusal.
  state_ = std::holds_alternative<Join>(asked_) ? State::Accepted : State::Waiting;
  return reply;
}

void ClientNegotiation::take_proof(std::string_view json) {
  const Message message = decode(json);
  if (const auto* refusal = std::get_if<Refuse>(&message)) {
    refuse(*refusal);
    return;
  }
  const auto* proof = std::get_if<Authentication>(&message);
  if (proof == nullptr || !session_->accepts(proof->mac)) {
    throw ProtocolError("it does not know the secret of --secret-file");
  }
  state_ = std::holds_alternative<Join>(asked_) ? State::Accepted : State::Waiting;
}

void ClientNegotiation::take_decision(std::string_view json) {
  Message message = decode(json);
  if (const auto* queued = std::get_if<Queued>(&message)) {
    place_ = *queued;
  } else if (auto* accept = std::get_if<Accept>(&message)) {
    const std::string broken = std::get<Request>(asked_).sweep.difference(accept->sweep);
    if (!broken.empty()) {
      throw ProtocolError("it changed the sweep: " + broken);
    }
    accept_ = std::move(*accept);
    accepted_ = json;
    state_ = session_ ? State::AwaitingSeal : State::Accepted;
  } else if (auto* refusal = std::get_if<Refuse>(&message)) {
    refuse(*refusal);
  } else {
    throw ProtocolError("expected queued, accept or refuse from the server");
  }
}

void ClientNegotiation::take_seal(std::string_view json) {
  const Message message = decode(json);
  const auto* seal = std::get_if<Authentication>(&message);
  if (seal == nullptr || !session_->accepts(seal->mac, accepted_)) {
    throw ProtocolError("its accept failed authentication");
  }
  state_ = State::Accepted;
}

void ClientNegotiation::refuse(const Refuse& refusal) {
  refusal_ = refusal;
  state_ = State::Refused;
}

}  // namespace tcpstep

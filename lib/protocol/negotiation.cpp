#include "lib/protocol/negotiation.h"

#include <fmt/format.h>

#include <utility>

#include "lib/base/text.h"
#include "lib/protocol/classic.h"

namespace tcpstep {
namespace {

constexpr char kOpening = static_cast<char>(kSentinel);

std::string_view as_text(std::span<const std::byte> bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

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
    case State::AwaitingAnswer:
      return take_answer(bytes);
    case State::AwaitingRequest:
    case State::AwaitingMac:
      frames_.add(bytes);
      return take_frames();
    default:
      return fail("the client sent a byte too many or too early");
  }
}

std::string ServerNegotiation::take_answer(std::span<const std::byte> bytes) {
  if (bytes.size() > 1) {
    return fail("the client sent a byte too many or too early");
  }
  if (bytes.front() == kFrameMark) {
    state_ = State::AwaitingRequest;
    return frame_of(hello_);
  }
  if (secret_ != nullptr) {
    is_unauthenticated_ = true;
    return fail("a classic client cannot authenticate itself (--secret-file)");
  }
  state_ = State::Classic;
  return {};
}

std::string ServerNegotiation::take_frames() {
  try {
    while (state_ == State::AwaitingRequest || state_ == State::AwaitingMac) {
      const auto json = frames_.next();
      if (!json) {
        return {};
      }
      if (state_ == State::AwaitingRequest) {
        take_wish(*json);
      } else {
        take_mac(*json);
      }
    }
    if (state_ != State::Failed && !frames_.is_empty()) {
      return fail("the client sent a byte too many or too early");
    }
  } catch (const ProtocolError& error) {
    return fail(error.what());
  }
  return state_ == State::Failed ? fail(fault_) : std::string();
}

// What is asked for is looked at only after the MAC, so that a stranger reaches as little as can
// be.
void ServerNegotiation::take_wish(std::string_view json) {
  wish_ = json;
  if (secret_ != nullptr) {
    state_ = State::AwaitingMac;
  } else {
    grant();
  }
}

void ServerNegotiation::take_mac(std::string_view json) {
  const Message message = decode(json);
  const auto* authentication = std::get_if<Authentication>(&message);
  if (authentication == nullptr || !secret_->proves(authentication->mac, hello_.nonce, wish_)) {
    is_unauthenticated_ = true;
    fault_ = "the client does not know the secret";
    state_ = State::Failed;
    return;
  }
  grant();
}

void ServerNegotiation::grant() {
  Message message = decode(wish_);
  wish_.clear();
  if (auto* request = std::get_if<Request>(&message)) {
    request_ = std::move(*request);
    state_ = State::Requested;
  } else if (auto* join = std::get_if<Join>(&message)) {
    join_ = std::move(*join);
    state_ = State::Joined;
  } else {
    throw ProtocolError("neither a request nor a join");
  }
}

std::string ServerNegotiation::fail(const std::string& fault) {
  const bool has_frames = state_ != State::AwaitingAnswer && state_ != State::Classic;
  state_ = State::Failed;
  fault_ = fault;
  return has_frames ? frame_of(Refuse{.reason = fault,
                                      .hint = is_unauthenticated_
                                                  ? "Give both ends the same --secret-file."
                                                  : "Are both ends the same version?"})
                    : std::string();
}

ClientNegotiation::ClientNegotiation(Request request, const Secret* secret)
    : wish_(std::move(request)), secret_(secret) {}

ClientNegotiation::ClientNegotiation(Join join, const Secret* secret)
    : wish_(std::move(join)), secret_(secret) {}

std::string ClientNegotiation::add(std::span<const std::byte> bytes) {
  if (bytes.empty() || state_ == State::Failed) {
    return {};
  }
  if (state_ == State::AwaitingOpening) {
    if (bytes.size() > 1 || bytes.front() != kSentinel) {
      frames_.add(bytes);
      state_ = State::Classic;  // which cannot wait for an answer, or has larger payloads
      return {};
    }
    state_ = State::AwaitingHello;
    has_answered_ = true;
    return {static_cast<char>(kFrameMark)};
  }
  frames_.add(bytes);
  if (state_ == State::AwaitingHello && !has_asked_) {
    if (beginning_.size() <= kFrameHeaderBytes) {
      beginning_ +=
          as_text(bytes.first(std::min(bytes.size(), kFrameHeaderBytes + 1 - beginning_.size())));
    }
    if (!may_be_frame(beginning_)) {
      state_ = State::Classic;
      return {};
    }
  }
  return take_frames();
}

std::string ClientNegotiation::take_frames() {
  std::string answer;
  try {
    while (state_ == State::AwaitingHello || state_ == State::Waiting) {
      const auto json = frames_.next();
      if (!json) {
        break;
      }
      if (state_ == State::AwaitingHello) {
        answer += take_hello(*json);
      } else {
        take_decision(*json);
      }
    }
  } catch (const ProtocolError& error) {
    state_ = State::Failed;
    fault_ = error.what();
  }
  return answer;
}

std::string ClientNegotiation::take_hello(std::string_view json) {
  const Message message = decode(json);
  if (const auto* refusal = std::get_if<Refuse>(&message)) {
    refusal_ = *refusal;
    state_ = State::Refused;
    return {};
  }
  const auto* hello = std::get_if<Hello>(&message);
  if (hello == nullptr) {
    throw ProtocolError("the server did not begin with hello");
  }
  limits_ = hello->limits;
  const std::string wish = encode(wish_);
  std::string answer = encode_frame(wish);
  if (hello->wants_authentication) {
    if (secret_ == nullptr) {
      refusal_ = {.reason = "the server measures only with those who know its secret",
                  .hint = "Give it with --secret-file FILE."};
      state_ = State::Refused;
      return {};
    }
    answer += frame_of(Authentication{.mac = secret_->mac_of(hello->nonce, wish)});
  }
  has_asked_ = true;
  // After a join there is no decision: the ping follows, or a refusal.
  state_ = std::holds_alternative<Join>(wish_) ? State::Accepted : State::Waiting;
  return answer;
}

void ClientNegotiation::take_decision(std::string_view json) {
  Message message = decode(json);
  if (const auto* queued = std::get_if<Queued>(&message)) {
    ahead_ = queued->ahead;
  } else if (auto* accept = std::get_if<Accept>(&message)) {
    accept_ = std::move(*accept);
    state_ = State::Accepted;
  } else if (auto* refusal = std::get_if<Refuse>(&message)) {
    refusal_ = std::move(*refusal);
    state_ = State::Refused;
  } else {
    throw ProtocolError("the server sent neither queued, accept nor refuse");
  }
}

}  // namespace tcpstep

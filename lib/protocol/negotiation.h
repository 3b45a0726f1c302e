// How the two ends agree on a run, as state machines without I/O: bytes from the other end go in,
// bytes for the other end come out.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "lib/protocol/authentication.h"
#include "lib/protocol/frame.h"
#include "lib/protocol/messages.h"

namespace tcpstep {

// The server's half, from the opening ping to the client's request.
class ServerNegotiation {
 public:
  enum class State : std::uint8_t {
    AwaitingAck,      // of the opening ping
    AwaitingRequest,  // hello was sent
    AwaitingMac,      // of the request or join received
    Classic,          // a classic client: it waits for payloads
    Requested,        // see request()
    Joined,           // see token()
    Failed,           // see fault(); send what add() returned, then close
  };

  // `hello` has a new nonce. With a `secret`, which must outlive this, only clients that know it
  // get to Requested or Joined, and none to Classic.
  ServerNegotiation(Hello hello, const Secret* secret);

  // The opening ping: one payload of one byte.
  [[nodiscard]] static std::string opening();

  // Takes bytes from the client, returns those to send. While the client has to wait, any byte is
  // an error. Never throws.
  [[nodiscard]] std::string add(std::span<const std::byte> bytes);

  [[nodiscard]] State state() const { return state_; }
  [[nodiscard]] const Request& request() const { return request_; }
  [[nodiscard]] const std::string& token() const { return join_.token; }

  // What the client did wrong; for the log.
  [[nodiscard]] const std::string& fault() const { return fault_; }
  // True if authentication failed.
  [[nodiscard]] bool is_unauthenticated() const { return is_unauthenticated_; }
  // For the messages from accept on; empty without a secret.
  [[nodiscard]] const std::optional<Session>& session() const { return session_; }

 private:
  std::string take_ack(std::span<const std::byte> bytes);
  std::string take_frames();
  void take_request(std::string_view json);
  std::string take_mac(std::string_view json);
  void grant();
  std::string fail(const std::string& fault);

  Hello hello_;
  const Secret* secret_;
  State state_ = State::AwaitingAck;
  FrameDecoder frames_{kLargestRequest};
  Request request_;
  Join join_;
  std::string said_;   // the JSON of hello_
  std::string asked_;  // the JSON that the MAC has to prove
  std::optional<Session> session_;
  std::string fault_;
  bool is_unauthenticated_ = false;
};

// The client's half, from the opening ping to the server's decision.
class ClientNegotiation {
 public:
  enum class State : std::uint8_t {
    AwaitingOpening,
    AwaitingHello,  // or a payload: then the server is classic
    AwaitingProof,  // that the server knows the secret
    Waiting,        // for the decision; see place()
    AwaitingSeal,   // the proof that the decision to accept is the server's
    Accepted,       // see accept(); frames or payloads come next
    Classic,        // take_rest() may have the beginning of a payload
    Refused,        // see refusal()
    Failed,         // see fault()
  };

  // What to ask for, and the secret if there is one; it must outlive this.
  ClientNegotiation(Request request, const Secret* secret);
  ClientNegotiation(Join join, const Secret* secret);

  // Takes bytes from the server, returns those to send. Never throws.
  [[nodiscard]] std::string add(std::span<const std::byte> bytes);

  [[nodiscard]] State state() const { return state_; }
  // True once the opening ping was acked.
  [[nodiscard]] bool has_acked() const { return has_acked_; }
  [[nodiscard]] bool has_asked() const { return has_asked_; }
  [[nodiscard]] const std::optional<Queued>& place() const { return place_; }
  [[nodiscard]] const RunLimits& limits() const { return limits_; }
  [[nodiscard]] const Accept& accept() const { return accept_; }
  [[nodiscard]] const Refuse& refusal() const { return refusal_; }
  [[nodiscard]] const std::string& fault() const { return fault_; }
  // For the messages after accept; empty without a secret.
  [[nodiscard]] const std::optional<Session>& session() const { return session_; }

  // What came after the last message; it is taken out.
  [[nodiscard]] std::string take_rest() { return frames_.take_rest(); }

 private:
  std::string take_frames();
  std::string take_hello(std::string_view json);
  std::string ask(const Hello& hello, std::string_view said);
  void take_proof(std::string_view json);
  void take_decision(std::string_view json);
  void take_seal(std::string_view json);
  void refuse(const Refuse& refusal);

  Message asked_;
  const Secret* secret_;
  State state_ = State::AwaitingOpening;
  FrameDecoder frames_;
  bool has_acked_ = false;
  bool has_asked_ = false;
  std::string beginning_;        // perhaps of a frame, perhaps of a payload
  std::optional<Queued> place_;  // in the queue
  RunLimits limits_;             // of the server
  std::optional<Session> session_;
  std::string accepted_;  // the JSON of accept_
  Accept accept_;
  Refuse refusal_;
  std::string fault_;
};

}  // namespace tcpstep

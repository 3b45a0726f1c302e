// How the two ends find out what they will do, as state machines without any input or output: bytes
// of the other end go in, bytes for the other end come out.
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

// The server's half, from the opening ping to the client's wish. What follows is the run's.
class ServerNegotiation {
 public:
  enum class State : std::uint8_t {
    AwaitingAnswer,   // to the opening ping
    AwaitingRequest,  // hello was sent
    AwaitingMac,      // of the request or join that came
    Classic,          // a classic client: it waits for payloads
    Requested,        // see request()
    Joined,           // see token()
    Failed,           // see fault(); send what came out, then close
  };

  // `hello` has a fresh nonce. With a `secret`, which must outlive this, only those who know it get
  // as far as Requested or Joined, and nobody to Classic.
  ServerNegotiation(Hello hello, const Secret* secret);

  // What the client's connection opens with: one payload of one byte.
  [[nodiscard]] static std::string opening();

  // Takes bytes of the client, returns those to send. In the states in which the client has to wait
  // any byte is a fault. Never throws.
  [[nodiscard]] std::string add(std::span<const std::byte> bytes);

  [[nodiscard]] State state() const { return state_; }
  [[nodiscard]] const Request& request() const { return request_; }
  [[nodiscard]] const std::string& token() const { return join_.token; }

  // What is wrong with the client; for the log.
  [[nodiscard]] const std::string& fault() const { return fault_; }
  // True if it was the authentication.
  [[nodiscard]] bool is_unauthenticated() const { return is_unauthenticated_; }

 private:
  std::string take_answer(std::span<const std::byte> bytes);
  std::string take_frames();
  void take_wish(std::string_view json);
  void take_mac(std::string_view json);
  void grant();
  std::string fail(const std::string& fault);

  Hello hello_;
  const Secret* secret_;
  State state_ = State::AwaitingAnswer;
  FrameDecoder frames_;
  Request request_;
  Join join_;
  std::string wish_;  // the JSON that a MAC has to prove
  std::string fault_;
  bool is_unauthenticated_ = false;
};

// The client's half, from the opening ping to the server's decision.
class ClientNegotiation {
 public:
  enum class State : std::uint8_t {
    AwaitingOpening,
    AwaitingHello,  // or a payload: then the server is a classic one
    Waiting,        // asked; see ahead()
    Accepted,       // see accept(); what is sent next are frames or payloads
    Classic,        // rest() is the beginning of a payload, perhaps
    Refused,        // see refusal()
    Failed,         // see fault()
  };

  // What to ask for, and the secret to prove it with, if there is one; it must outlive this.
  ClientNegotiation(Request request, const Secret* secret);
  ClientNegotiation(Join join, const Secret* secret);

  // Takes bytes of the server, returns those to send. Never throws.
  [[nodiscard]] std::string add(std::span<const std::byte> bytes);

  [[nodiscard]] State state() const { return state_; }
  // True once the opening ping was answered.
  [[nodiscard]] bool has_answered() const { return has_answered_; }
  [[nodiscard]] bool has_asked() const { return has_asked_; }
  [[nodiscard]] const std::optional<std::uint64_t>& ahead() const { return ahead_; }
  [[nodiscard]] const RunLimits& limits() const { return limits_; }
  [[nodiscard]] const Accept& accept() const { return accept_; }
  [[nodiscard]] const Refuse& refusal() const { return refusal_; }
  [[nodiscard]] const std::string& fault() const { return fault_; }

  // What came behind the last message that was understood; it is taken out.
  [[nodiscard]] std::string take_rest() { return frames_.take_rest(); }

 private:
  std::string take_frames();
  std::string take_hello(std::string_view json);
  void take_decision(std::string_view json);

  Message wish_;
  const Secret* secret_;
  State state_ = State::AwaitingOpening;
  FrameDecoder frames_;
  bool has_answered_ = false;
  bool has_asked_ = false;
  std::string beginning_;  // what may be the beginning of a frame, or of a payload
  std::optional<std::uint64_t> ahead_;
  RunLimits limits_;  // of the server
  Accept accept_;
  Refuse refusal_;
  std::string fault_;
};

}  // namespace tcpstep

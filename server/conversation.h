// What a client and this server say to each other before the run. Without I/O: bytes from the
// client go in, bytes for it come out.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>

#include "lib/net/address.h"
#include "lib/protocol/negotiation.h"
#include "lib/sweep/path_speed.h"
#include "lib/sweep/run_settings.h"
#include "server/limits.h"

namespace tcpstep {

class Conversation {
 public:
  enum class Stage : std::uint8_t {
    Opening,  // nothing has come yet that makes sense as a whole
    Asking,   // the client may request a run
    Waiting,  // it has: for its turn
    Joining,  // a run; see token()
    Served,   // it got what it wanted, which is not a run
    Failed,   // see fault()
  };

  Conversation() = default;
  Conversation(const Conversation&) = delete;
  Conversation& operator=(const Conversation&) = delete;
  virtual ~Conversation() = default;

  // What to send before the client says anything. It is a ping if anything.
  [[nodiscard]] virtual std::string opening() const { return {}; }
  // Takes bytes from the client, returns those to send. Never throws. `path` is what is known now.
  [[nodiscard]] virtual std::string add(std::span<const std::byte> bytes,
                                        const PathSpeed& path) = 0;
  [[nodiscard]] virtual Stage stage() const = 0;

  // What the client did wrong; for the log.
  [[nodiscard]] virtual const std::string& fault() const = 0;
  [[nodiscard]] virtual bool is_unauthenticated() const { return false; }

  // Messages to the client at this stage; empty if there is no way to say it.
  [[nodiscard]] virtual std::string say(const Queued& place) const = 0;
  [[nodiscard]] virtual std::string say(const Refuse& refusal) const = 0;
  // To a client that took too long.
  [[nodiscard]] virtual std::string say_too_late() const { return {}; }

  [[nodiscard]] virtual Protocol protocol() const = 0;
  // Of Waiting: what it asks for; nothing from a classic client.
  [[nodiscard]] virtual const Request* request() const = 0;
  [[nodiscard]] virtual std::optional<Session> session() const { return std::nullopt; }
  [[nodiscard]] virtual std::optional<BrowserFacts> browser() const { return std::nullopt; }
  [[nodiscard]] virtual std::string token() const { return {}; }
};

// With a client on the server's own port: classic, or by frames.
class NativeConversation : public Conversation {
 public:
  NativeConversation(const ServerLimits& limits, const Secret* secret)
      : negotiation_(hello_of(limits), secret) {}

  [[nodiscard]] std::string opening() const override { return ServerNegotiation::opening(); }
  [[nodiscard]] std::string add(std::span<const std::byte> bytes, const PathSpeed&) override {
    return negotiation_.add(bytes);
  }
  [[nodiscard]] Stage stage() const override;
  [[nodiscard]] const std::string& fault() const override { return negotiation_.fault(); }
  [[nodiscard]] bool is_unauthenticated() const override {
    return negotiation_.is_unauthenticated();
  }
  [[nodiscard]] std::string say(const Queued& place) const override;
  [[nodiscard]] std::string say(const Refuse& refusal) const override;
  [[nodiscard]] Protocol protocol() const override;
  [[nodiscard]] const Request* request() const override;
  [[nodiscard]] std::optional<Session> session() const override { return negotiation_.session(); }
  [[nodiscard]] std::string token() const override { return negotiation_.token(); }

 private:
  [[nodiscard]] bool is_classic() const;

  ServerNegotiation negotiation_;
};

}  // namespace tcpstep

#include "lib/protocol/messages.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>
#include <type_traits>
#include <utility>
#include <vector>

#include "lib/base/error.h"
#include "lib/base/text.h"
#include "lib/protocol/frame.h"

namespace tcpstep {
namespace {

using Json = nlohmann::json;

constexpr std::size_t kLongestText = 256;
constexpr std::size_t kLongestReason = 1000;
constexpr std::size_t kMostFacts = 32;

std::string shown(const Json& value) {
  return printable(value.dump(-1, ' ', true, Json::error_handler_t::replace));
}

// A message into a JSON object. Encoder and Decoder have the same functions, for describe() below.
class Encoder {
 public:
  explicit Encoder(Json& object) : object_(object) {}

  void protocol() { object_["protocol"] = kProtocolVersion; }
  void number(const char* key, std::uint64_t value, std::uint64_t /*smallest*/ = 0) {
    object_[key] = value;
  }
  void optional_number(const char* key, const std::optional<std::uint64_t>& value) {
    if (value) {
      object_[key] = *value;
    }
  }
  void flag(const char* key, bool value) { object_[key] = value; }
  void optional_flag(const char* key, bool value) {
    if (value) {
      object_[key] = value;
    }
  }
  void text(const char* key, const std::string& value, std::size_t /*longest*/ = kLongestText) {
    object_[key] = value;
  }
  void optional_text(const char* key, const std::string& value) {
    if (!value.empty()) {
      object_[key] = value;
    }
  }
  void name(const char* key, const std::string& value) { object_[key] = value; }
  void hexadecimal(const char* key, const std::string& value, std::size_t /*digits*/) {
    object_[key] = value;
  }
  void resent(const char* key, const std::vector<ResentAck>& acks, std::uint64_t /*pings*/) {
    Json& array = object_[key] = Json::array();
    for (const ResentAck& ack : acks) {
      array.push_back({ack.ping, ack.times});
    }
  }
  void environment(const Environment& facts) { object_["environment"] = Json(facts); }
  void limits(const RunLimits& limits) {
    object_["limits"] = {
        {"bytes", limits.bytes}, {"pings", limits.pings}, {"seconds", limits.seconds}};
  }
  void sweep(const PartialSweep& sweep) {
    for_each_sweep_field([&](const auto& field) {
      if ((field.where & kAlwaysInRequest) != 0 || sweep.chosen.contains(field.key)) {
        set(field, sweep.values);
      }
    });
  }
  void sweep(const SweepSpec& sweep) {
    for_each_sweep_field([&](const auto& field) { set(field, sweep); });
  }

 private:
  template <class T>
  void set(const SweepField<T>& field, const SweepSpec& sweep) {
    const T& value = sweep.*field.member;
    const std::string key(field.key);
    if constexpr (std::is_same_v<T, Duration>) {
      object_[key] = value.count();
    } else if constexpr (std::is_same_v<T, std::optional<Duration>>) {
      if (value) {
        object_[key] = value->count();
      }
    } else if constexpr (std::is_same_v<T, std::uint32_t>) {
      object_[key] = value;
    } else if constexpr (std::is_same_v<T, std::optional<std::uint64_t>>) {
      if (value) {
        object_[key] = *value;
      }
    } else if (const std::string text = to_text(value); !text.empty()) {
      object_[key] = text;
    }
  }

  Json& object_;
};

// A JSON object into a message. Throws ProtocolError.
class Decoder {
 public:
  explicit Decoder(const Json& object) : object_(object) {}

  // Everything else may mean something else in another version.
  void protocol() const {
    std::uint64_t version = 0;
    number("protocol", version);
    if (version != kProtocolVersion) {
      throw ProtocolError(fmt::format("peer uses protocol {}; this version supports {}", version,
                                      kProtocolVersion));
    }
  }
  void number(const char* key, std::uint64_t& value, std::uint64_t smallest = 0) const {
    const Json& found = needed(key);
    if (!found.is_number_unsigned() || found.get<std::uint64_t>() < smallest) {
      fail(key, found, fmt::format("a whole number of at least {}", smallest));
    }
    value = found.get<std::uint64_t>();
  }
  void optional_number(const char* key, std::optional<std::uint64_t>& value) const {
    if (find(key) != nullptr) {
      number(key, value.emplace());
    }
  }
  void flag(const char* key, bool& value) const {
    const Json* found = find(key);
    if (found != nullptr && !found->is_boolean()) {
      fail(key, *found, "true or false");
    }
    value = found != nullptr && found->get<bool>();
  }
  void optional_flag(const char* key, bool& value) const { flag(key, value); }
  void text(const char* key, std::string& value, std::size_t longest = kLongestText) const {
    if (const Json* found = find(key)) {
      if (!found->is_string() || found->get_ref<const std::string&>().size() > longest) {
        fail(key, *found, fmt::format("a text of at most {} bytes", longest));
      }
      value = found->get<std::string>();
    }
  }
  void optional_text(const char* key, std::string& value) const { text(key, value); }
  void name(const char* key, std::string& value) const {
    text(key, value);
    if (find(key) != nullptr && !is_valid_name(value)) {
      fail(key, *find(key), fmt::format("a name, {}", kNameRule));
    }
  }
  void hexadecimal(const char* key, std::string& value, std::size_t digits) const {
    const Json& found = needed(key);
    text(key, value, kLargestFrame);
    if (value.size() != digits || value.find_first_not_of("0123456789abcdef") != value.npos) {
      fail(key, found, fmt::format("{} hexadecimal digits", digits));
    }
  }
  void resent(const char* key, std::vector<ResentAck>& acks, std::uint64_t pings) const {
    const Json& found = needed(key);
    if (!found.is_array() || found.size() > kMostResentAcks) {
      fail(key, found, fmt::format("an array of at most {} acks", kMostResentAcks));
    }
    for (const Json& pair : found) {
      const std::uint64_t after = acks.empty() ? 0 : acks.back().ping;
      const bool is_pair = pair.is_array() && pair.size() == 2 && pair[0].is_number_unsigned() &&
                           pair[1].is_number_unsigned();
      if (!is_pair || pair[0] <= after || pair[0] > pings || pair[1] < 1U ||
          pair[1] > kMostResends) {
        fail(key, pair,
             fmt::format("a ping of {} to {} and 1 to {} times", after + 1, pings, kMostResends));
      }
      acks.push_back({pair[0].get<std::uint64_t>(), pair[1].get<std::uint32_t>()});
    }
  }
  void environment(Environment& facts) const {
    const Json& found = object("environment");
    if (found.size() > kMostFacts) {
      throw ProtocolError(fmt::format("environment has more than {} entries", kMostFacts));
    }
    for (const auto& [name, value] : found.items()) {
      if (name.empty() || name.size() > 32 ||
          name.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789_") != name.npos) {
        throw ProtocolError(fmt::format("invalid name '{}' in environment", printable(name)));
      }
      Decoder(found).text(name.c_str(), facts[name]);
    }
  }
  void limits(RunLimits& limits) const {
    const Json& found = object("limits");
    for (const auto& [key, value] : {std::pair{"bytes", &limits.bytes},
                                     {"pings", &limits.pings},
                                     {"seconds", &limits.seconds}}) {
      if (found.contains(key)) {
        Decoder(found).number(key, *value);
      }
    }
  }
  void sweep(PartialSweep& sweep) const {
    for_each_sweep_field([&](const auto& field) {
      if ((field.where & kInRequest) != 0 && get(field, sweep.values)) {
        sweep.chosen.insert(field.key);
      }
    });
  }
  void sweep(SweepSpec& sweep) const {
    for_each_sweep_field([&](const auto& field) {
      if (!get(field, sweep) && (field.where & kMayBeEmpty) == 0) {
        throw ProtocolError(fmt::format("{} is missing", field.key));
      }
    });
  }

 private:
  const Json* find(std::string_view key) const {
    const auto found = object_.find(key);
    return found == object_.end() ? nullptr : &*found;
  }
  const Json& needed(const char* key) const {
    const Json* found = find(key);
    if (found == nullptr) {
      throw ProtocolError(fmt::format("{} is missing", key));
    }
    return *found;
  }
  const Json& object(const char* key) const {
    static const Json nothing = Json::object();
    const Json* found = find(key);
    if (found != nullptr && !found->is_object()) {
      fail(key, *found, "an object");
    }
    return found == nullptr ? nothing : *found;
  }

  // True if the field is there. Its own parser checks the value.
  template <class T>
  bool get(const SweepField<T>& field, SweepSpec& sweep) const {
    constexpr bool is_time =
        std::is_same_v<T, Duration> || std::is_same_v<T, std::optional<Duration>>;
    constexpr bool is_number = is_time || std::is_same_v<T, std::uint32_t> ||
                               std::is_same_v<T, std::optional<std::uint64_t>>;
    const Json* found = find(field.key);
    if (found == nullptr) {
      return false;
    }
    if (is_number ? !found->is_number_unsigned() : !found->is_string()) {
      fail(field.key, *found, is_number ? "a whole number" : "a text");
    }
    try {
      const std::string text = is_number ? found->dump() : found->get<std::string>();
      sweep.*field.member = field.parse(is_time ? text + "ns" : text);
    } catch (const UsageError& error) {
      throw ProtocolError(fmt::format("{}: {}", field.key, error.what()));
    }
    return true;
  }

  [[noreturn]] static void fail(std::string_view key, const Json& value,
                                const std::string& expected) {
    throw ProtocolError(fmt::format("{} is {}: expected {}", key, shown(value), expected));
  }

  const Json& object_;
};

// Every key of every message, once: for an Encoder and for a Decoder.

template <class Codec, class Empty>
requires std::is_empty_v<Empty>
void describe(Codec /*codec*/, Empty& /*message*/) {}

template <class Codec>
void describe(Codec codec, Hello& hello) {
  codec.protocol();
  codec.text("tool", hello.tool);
  codec.hexadecimal("nonce", hello.nonce, 64);
  codec.flag("authentication", hello.wants_authentication);
  codec.limits(hello.limits);
}

template <class Codec>
void describe(Codec codec, Request& request) {
  codec.protocol();
  codec.optional_text("tool", request.tool);
  codec.sweep(request.sweep);
  codec.flag("result", request.wants_result);
  codec.optional_flag("peer_retransmits", request.has_peer_retransmits);
  codec.environment(request.environment);
  codec.optional_text("server_addr", request.server_addr);
  codec.optional_text("client_addr", request.client_addr);
}

template <class Codec>
void describe(Codec codec, Join& join) {
  codec.protocol();
  codec.hexadecimal("token", join.token, 32);
}

template <class Codec>
void describe(Codec codec, Authentication& authentication) {
  codec.optional_text("nonce", authentication.nonce);
  codec.text("mac", authentication.mac);
}

template <class Codec>
void describe(Codec codec, Queued& queued) {
  codec.number("ahead", queued.ahead);
  codec.optional_number("seconds", queued.seconds);
}

template <class Codec>
void describe(Codec codec, Accept& accept) {
  codec.text("run_id", accept.run_id, 64);
  codec.hexadecimal("token", accept.token, 32);
  codec.sweep(accept.sweep);
  codec.number("pings", accept.pings);
  codec.number("concurrent_runs", accept.concurrent_runs, 1);
  codec.flag("anonymous", accept.is_anonymous);
  codec.optional_flag("peer_retransmits", accept.has_peer_retransmits);
  codec.environment(accept.environment);
  codec.optional_text("started_utc", accept.started_utc);
  codec.optional_text("server_addr", accept.server_addr);
  codec.optional_text("client_addr", accept.client_addr);
}

template <class Codec>
void describe(Codec codec, ResentAcks& resent) {
  codec.number("pings", resent.pings);
  codec.resent("acks", resent.acks, resent.pings);
  codec.optional_flag("more", resent.has_more);
}

template <class Codec>
void describe(Codec codec, Result& result) {
  codec.name("status", result.status);
  codec.number("bytes", result.bytes);
  codec.hexadecimal("hash", result.hash, 64);
  codec.optional_text("file", result.file);
}

template <class Codec>
void describe(Codec codec, Stored& stored) {
  codec.optional_text("file", stored.file);
}

template <class Codec>
void describe(Codec codec, Refuse& refuse) {
  codec.text("reason", refuse.reason, kLongestReason);
  codec.text("hint", refuse.hint, kLongestReason);
}

// The key "type", in the order of Message.
constexpr std::array<std::string_view, std::variant_size_v<Message>> kTypes{
    "hello", "request",  "join",        "authentication", "queued", "accept",
    "ready", "finished", "resent_acks", "result",         "stored", "refuse"};

// An empty message of the type with this number.
template <std::size_t... Index>
Message message_of_type(std::size_t type, std::index_sequence<Index...> /*all*/) {
  Message message;
  static_cast<void>(((Index == type && (message.emplace<Index>(), true)) || ...));
  return message;
}

}  // namespace

std::string encode(const Message& message) {
  Json object{{"type", kTypes.at(message.index())}};
  Message copy = message;
  std::visit([&](auto& content) { describe(Encoder(object), content); }, copy);
  // Texts of this host that are not UTF-8 must not end a run.
  return object.dump(-1, ' ', false, Json::error_handler_t::replace);
}

Message decode(std::string_view json) {
  const Json object = parse_strictly(json);
  if (!object.is_object()) {
    throw ProtocolError("invalid frame: expected a JSON object");
  }
  std::string type;
  Decoder(object).text("type", type);
  const auto known = std::ranges::find(kTypes, type);
  if (known == kTypes.end()) {
    throw ProtocolError(fmt::format("unknown frame type '{}'", printable(type)));
  }
  Message message = message_of_type(static_cast<std::size_t>(known - kTypes.begin()),
                                    std::make_index_sequence<kTypes.size()>());
  std::visit([&](auto& content) { describe(Decoder(object), content); }, message);
  return message;
}

}  // namespace tcpstep

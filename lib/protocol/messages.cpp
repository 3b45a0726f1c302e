#include "lib/protocol/messages.h"

#include <fmt/format.h>

#include <algorithm>
#include <initializer_list>
#include <limits>
#include <nlohmann/json.hpp>
#include <set>
#include <utility>
#include <vector>

#include "lib/base/text.h"

namespace tcpstep {
namespace {

using Json = nlohmann::json;

constexpr std::uint64_t kAnyNumber = std::numeric_limits<std::uint64_t>::max();
constexpr std::uint64_t kMostRounds = 1'000'000;
constexpr std::uint64_t kLongestNanoseconds = 3'600'000'000'000;  // an hour
constexpr int kDeepest = 4;
constexpr std::size_t kLongestWord = 256;
constexpr std::size_t kMostFacts = 32;

// Refuses what nlohmann::json would take: nesting without end, and the same key twice, of which
// two readers may believe different ones.
class Strictness {
 public:
  bool operator()(int depth, Json::parse_event_t event, const Json& parsed) {
    using Event = Json::parse_event_t;
    if (event == Event::object_start || event == Event::array_start) {
      if (depth >= kDeepest) {
        throw ProtocolError(fmt::format("JSON nested deeper than {} levels", kDeepest));
      }
      keys_.emplace_back();
    } else if (event == Event::object_end || event == Event::array_end) {
      keys_.pop_back();
    } else if (event == Event::key) {
      const auto& key = parsed.get_ref<const std::string&>();
      if (!keys_.back().insert(key).second) {
        throw ProtocolError(fmt::format("the key '{}' stands there twice", printable(key)));
      }
    }
    return true;
  }

 private:
  std::vector<std::set<std::string>> keys_;
};

// The values of a JSON object, each checked when it is asked for.
class Fields {
 public:
  explicit Fields(const Json& object) : object_(object) {}

  std::optional<std::uint64_t> optional_number(const char* key, std::uint64_t smallest = 0,
                                               std::uint64_t largest = kAnyNumber) const {
    const Json* value = find(key);
    if (value == nullptr) {
      return std::nullopt;
    }
    if (!value->is_number_unsigned() || value->get<std::uint64_t>() < smallest ||
        value->get<std::uint64_t>() > largest) {
      fail(key, *value, fmt::format("a whole number from {} to {}", smallest, largest));
    }
    return value->get<std::uint64_t>();
  }

  std::uint64_t number(const char* key, std::uint64_t smallest = 0,
                       std::uint64_t largest = kAnyNumber) const {
    const auto value = optional_number(key, smallest, largest);
    return value ? *value : missing(key);
  }

  bool flag(const char* key) const {
    const Json* value = find(key);
    if (value != nullptr && !value->is_boolean()) {
      fail(key, *value, "true or false");
    }
    return value != nullptr && value->get<bool>();
  }

  // Empty if it is not there.
  std::string text(const char* key, std::size_t longest = kLongestWord) const {
    const Json* value = find(key);
    if (value == nullptr) {
      return {};
    }
    if (!value->is_string() || value->get_ref<const std::string&>().size() > longest) {
      fail(key, *value, fmt::format("a text of at most {} bytes", longest));
    }
    return value->get<std::string>();
  }

  // A link or label; empty if it is not there.
  std::string name(const char* key) const {
    std::string value = text(key, kLargestFrame);
    if (find(key) != nullptr && !is_valid_name(value)) {
      fail(key, *find(key), fmt::format("a name, {}", kNameRule));
    }
    return value;
  }

  // Empty if it is not there; `is_needed` decides whether it may be.
  std::string word(const char* key, std::initializer_list<std::string_view> words) const {
    std::string value = text(key, kLargestFrame);
    if (find(key) != nullptr && std::ranges::find(words, value) == words.end()) {
      fail(key, *find(key), fmt::format("{}", fmt::join(words, " or ")));
    }
    return value;
  }

  std::string hexadecimal(const char* key, std::size_t digits) const {
    std::string value = text(key, kLargestFrame);
    const bool is_right = value.size() == digits && std::ranges::all_of(value, [](char c) {
                            return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
                          });
    if (!is_right) {
      if (find(key) == nullptr) {
        missing(key);
      }
      fail(key, *find(key), fmt::format("{} hexadecimal digits", digits));
    }
    return value;
  }

  Fields object(const char* key) const {
    static const Json nothing = Json::object();
    const Json* value = find(key);
    if (value != nullptr && !value->is_object()) {
      fail(key, *value, "an object");
    }
    return Fields(value == nullptr ? nothing : *value);
  }

  Environment environment(const char* key) const {
    const Fields facts = object(key);
    if (facts.object_.size() > kMostFacts) {
      throw ProtocolError(fmt::format("{} has more than {} entries", key, kMostFacts));
    }
    Environment result;
    for (const auto& [name, value] : facts.object_.items()) {
      const bool is_name =
          !name.empty() && name.size() <= 32 && std::ranges::all_of(name, [](char c) {
            return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_';
          });
      if (!is_name) {
        throw ProtocolError(fmt::format("'{}' is no name of a fact", printable(name)));
      }
      result.emplace(name, facts.text(name.c_str()));
    }
    return result;
  }

 private:
  const Json* find(const char* key) const {
    const auto found = object_.find(key);
    return found == object_.end() ? nullptr : &*found;
  }

  [[noreturn]] static std::uint64_t missing(const char* key) {
    throw ProtocolError(fmt::format("{} is missing", key));
  }

  [[noreturn]] static void fail(const char* key, const Json& value, const std::string& right) {
    throw ProtocolError(
        fmt::format("{} is {}, not {}", key,
                    printable(value.dump(-1, ' ', true, Json::error_handler_t::replace)), right));
  }

  const Json& object_;
};

MeasuredDirection direction_in(const Fields& fields) {
  return fields.word("direction", {"down", "up"}) == "up" ? MeasuredDirection::Up
                                                          : MeasuredDirection::Down;
}

ConnectionMode connection_in(const Fields& fields) {
  return fields.word("connection", {"warm", "fresh"}) == "fresh" ? ConnectionMode::Fresh
                                                                 : ConnectionMode::Warm;
}

Duration nanoseconds(std::uint64_t count) {
  return Duration(static_cast<Duration::rep>(count));
}

// Everything else may mean something else in another version.
void check_protocol(const Fields& fields) {
  const std::uint64_t protocol = fields.number("protocol");
  if (protocol != kProtocolVersion) {
    throw ProtocolError(
        fmt::format("protocol {} is spoken there, protocol {} here", protocol, kProtocolVersion));
  }
}

Hello hello_in(const Fields& fields) {
  check_protocol(fields);
  const Fields limits = fields.object("limits");
  return {.protocol = kProtocolVersion,
          .tool = fields.text("tool"),
          .nonce = fields.hexadecimal("nonce", 64),
          .wants_authentication = fields.flag("authentication"),
          .limits = {.bytes = limits.optional_number("bytes").value_or(0),
                     .pings = limits.optional_number("pings").value_or(0),
                     .seconds = limits.optional_number("seconds").value_or(0)}};
}

Request request_in(const Fields& fields) {
  check_protocol(fields);
  Request request;
  request.tool = fields.text("tool");
  request.link = fields.name("link");
  request.label = fields.name("label");
  request.sizes = fields.text("sizes", kLargestFrame);
  request.rounds = fields.optional_number("rounds", 1, kMostRounds);
  request.warmup_rounds = fields.optional_number("warmup_rounds", 0, kMostRounds);
  request.order = fields.word("order", {"ascending", "shuffled"});
  request.seed = fields.optional_number("seed");
  if (const auto interval = fields.optional_number("interval_ns", 0, kLongestNanoseconds)) {
    request.interval = nanoseconds(*interval);
  }
  request.direction = direction_in(fields);
  request.connection = connection_in(fields);
  request.wants_result = fields.flag("result");
  request.environment = fields.environment("environment");
  return request;
}

Accept accept_in(const Fields& fields) {
  return {.run_id = fields.text("run_id", 64),
          .token = fields.hexadecimal("token", 32),
          .link = fields.name("link"),
          .label = fields.name("label"),
          .sizes = fields.text("sizes", kLargestFrame),
          .rounds = fields.number("rounds", 1, kMostRounds),
          .warmup_rounds = fields.number("warmup_rounds", 0, kMostRounds),
          .order = fields.word("order", {"ascending", "shuffled"}),
          .seed = fields.number("seed"),
          .interval = nanoseconds(fields.number("interval_ns", 0, kLongestNanoseconds)),
          .timeout = nanoseconds(fields.number("timeout_ns", 1, kLongestNanoseconds)),
          .fill = fields.word("fill", {"random", "zero"}),
          .direction = direction_in(fields),
          .connection = connection_in(fields),
          .pings = fields.number("pings"),
          .concurrent_runs = fields.number("concurrent_runs", 1),
          .is_anonymous = fields.flag("anonymous"),
          .environment = fields.environment("environment")};
}

Json to_json(const Hello& hello) {
  return {{"type", "hello"},
          {"protocol", hello.protocol},
          {"tool", hello.tool},
          {"nonce", hello.nonce},
          {"authentication", hello.wants_authentication},
          {"limits",
           {{"bytes", hello.limits.bytes},
            {"pings", hello.limits.pings},
            {"seconds", hello.limits.seconds}}}};
}

void add_text(Json& json, const char* key, const std::string& value) {
  if (!value.empty()) {
    json[key] = value;
  }
}

Json to_json(const Request& request) {
  Json json{{"type", "request"},
            {"protocol", kProtocolVersion},
            {"direction", to_word(request.direction)},
            {"connection", to_word(request.connection)},
            {"result", request.wants_result},
            {"environment", Json(request.environment)}};
  add_text(json, "tool", request.tool);
  add_text(json, "link", request.link);
  add_text(json, "label", request.label);
  add_text(json, "sizes", request.sizes);
  add_text(json, "order", request.order);
  const auto add_number = [&](const char* key, const std::optional<std::uint64_t>& value) {
    if (value) {
      json[key] = *value;
    }
  };
  add_number("rounds", request.rounds);
  add_number("warmup_rounds", request.warmup_rounds);
  add_number("seed", request.seed);
  if (request.interval) {
    json["interval_ns"] = request.interval->count();
  }
  return json;
}

Json to_json(const Join& join) {
  return {{"type", "join"}, {"protocol", kProtocolVersion}, {"token", join.token}};
}

Json to_json(const Authentication& authentication) {
  return {{"type", "authentication"}, {"mac", authentication.mac}};
}

Json to_json(const Queued& queued) {
  return {{"type", "queued"}, {"ahead", queued.ahead}};
}

Json to_json(const Accept& accept) {
  Json json{{"type", "accept"},
            {"run_id", accept.run_id},
            {"token", accept.token},
            {"sizes", accept.sizes},
            {"rounds", accept.rounds},
            {"warmup_rounds", accept.warmup_rounds},
            {"order", accept.order},
            {"seed", accept.seed},
            {"interval_ns", accept.interval.count()},
            {"timeout_ns", accept.timeout.count()},
            {"fill", accept.fill},
            {"direction", to_word(accept.direction)},
            {"connection", to_word(accept.connection)},
            {"pings", accept.pings},
            {"concurrent_runs", accept.concurrent_runs},
            {"anonymous", accept.is_anonymous},
            {"environment", Json(accept.environment)}};
  add_text(json, "link", accept.link);
  add_text(json, "label", accept.label);
  return json;
}

Json to_json(const Ready& /*ready*/) {
  return {{"type", "ready"}};
}

Json to_json(const Result& result) {
  return {{"type", "result"}, {"status", result.status}, {"bytes", result.bytes}};
}

Json to_json(const Stored& /*stored*/) {
  return {{"type", "stored"}};
}

Json to_json(const Refuse& refuse) {
  return {{"type", "refuse"}, {"reason", refuse.reason}, {"hint", refuse.hint}};
}

Json parse_strictly(std::string_view text) {
  try {
    return Json::parse(text, Strictness());
  } catch (const Json::exception& error) {
    throw ProtocolError(fmt::format("no JSON: {}", printable(error.what(), 200)));
  }
}

}  // namespace

std::string_view to_word(MeasuredDirection direction) {
  return direction == MeasuredDirection::Up ? "up" : "down";
}

std::string_view to_word(ConnectionMode mode) {
  return mode == ConnectionMode::Fresh ? "fresh" : "warm";
}

std::string encode(const Message& message) {
  // Texts of this host that are no UTF-8 must not end a run.
  return std::visit([](const auto& words) { return to_json(words); }, message)
      .dump(-1, ' ', false, Json::error_handler_t::replace);
}

Message decode(std::string_view json) {
  const Json object = parse_strictly(json);
  if (!object.is_object()) {
    throw ProtocolError("the JSON of a frame is no object");
  }
  const Fields fields(object);
  const std::string type = fields.text("type");
  if (type == "hello") {
    return hello_in(fields);
  }
  if (type == "request") {
    return request_in(fields);
  }
  if (type == "join") {
    check_protocol(fields);
    return Join{.token = fields.hexadecimal("token", 32)};
  }
  if (type == "authentication") {
    return Authentication{.mac = fields.text("mac")};
  }
  if (type == "queued") {
    return Queued{.ahead = fields.number("ahead")};
  }
  if (type == "accept") {
    return accept_in(fields);
  }
  if (type == "ready") {
    return Ready{};
  }
  if (type == "result") {
    return Result{.status = fields.name("status"), .bytes = fields.number("bytes")};
  }
  if (type == "stored") {
    return Stored{};
  }
  if (type == "refuse") {
    return Refuse{.reason = fields.text("reason", 1000), .hint = fields.text("hint", 1000)};
  }
  throw ProtocolError(fmt::format("'{}' is no type of frame", printable(type)));
}

}  // namespace tcpstep

#include "lib/protocol/strict_json.h"

#include <fmt/format.h>

#include <set>
#include <string>
#include <vector>

#include "lib/base/text.h"
#include "lib/protocol/frame.h"

namespace tcpstep {
namespace {

using Json = nlohmann::json;

constexpr int kDeepest = 4;

class StrictParsing {
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
        throw ProtocolError(fmt::format("duplicate key '{}'", printable(key)));
      }
    }
    return true;
  }

 private:
  std::vector<std::set<std::string>> keys_;
};

}  // namespace

Json parse_strictly(std::string_view text) {
  try {
    return Json::parse(text, StrictParsing());
  } catch (const Json::exception& error) {
    throw ProtocolError(fmt::format("invalid JSON: {}", printable(error.what(), 200)));
  }
}

}  // namespace tcpstep

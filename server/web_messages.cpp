#include "server/web_messages.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <chrono>
#include <nlohmann/json.hpp>

#include "lib/base/parse.h"
#include "lib/base/text.h"
#include "lib/protocol/frame.h"
#include "lib/protocol/websocket.h"
#include "lib/report/link_drawings.h"
#include "lib/report/render.h"
#include "lib/report/rows.h"
#include "lib/runfile/run.h"

namespace tcpstep {
namespace {

using Json = nlohmann::ordered_json;

std::string text_of(const Json& json) {
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

// A string of a key that may be missing or null.
std::string string_in(const nlohmann::json& json, const char* key) {
  const auto found = json.find(key);
  if (found == json.end() || found->is_null()) {
    return {};
  }
  if (!found->is_string()) {
    throw ProtocolError(fmt::format("{} is not a string", key));
  }
  return found->get<std::string>();
}

// The name of a link or a label; the page checks it first.
std::string name_in(const nlohmann::json& json, const char* key) {
  std::string name = string_in(json, key);
  if (!name.empty() && !is_valid_name(name)) {
    throw ProtocolError(fmt::format("invalid {}: expected {}", key, kNameRule));
  }
  return name;
}

Json pictures_of(const LinkRuns& link) {
  const auto both = [&](const auto& draw) {
    return Json{{"wide", svg(draw(link, kFigure))}, {"narrow", svg(draw(link, kNarrowFigure))}};
  };
  return {{"closeup", both(closeup)}, {"spread", both(spread)}};
}

Json warnings_of(const PenaltyTable& table) {
  Json warnings = Json::array();
  for (const std::string& caveat : caveats(table)) {
    warnings.push_back({{"text", caveat}, {"remedy", ""}});
  }
  for (const Warning& warning : table.warnings) {
    warnings.push_back({{"text", warning.text}, {"remedy", warning.remedy}});
  }
  return warnings;
}

}  // namespace

WebRequest read_web_request(std::string_view json, const WebOffer& offer) {
  const nlohmann::json message = parse_strictly(json);
  if (!message.is_object()) {
    throw ProtocolError("a message is not a JSON object");
  }
  const std::string type = string_in(message, "type");
  if (type == "look") {
    return {.wish = WebWish::Look, .sweep = {}};
  }
  if (type != "run") {
    throw ProtocolError("unknown type of message: expected look or run");
  }
  WebRequest request{.wish = WebWish::Run, .sweep = {}};
  request.sweep.values.link = name_in(message, "link");
  request.sweep.values.label = name_in(message, "label");
  if (std::ranges::find(offer.links, request.sweep.values.link) == offer.links.end()) {
    throw ProtocolError(fmt::format("unknown link: expected {}", fmt::join(offer.links, ", ")));
  }
  request.sweep.chosen = {"link", "label"};
  return request;
}

std::string web_hello(const WebOffer& offer) {
  return text_of({{"type", "hello"}, {"tool", version()}, {"links", offer.links}});
}

std::string web_estimate(const WebOffer& offer, const PathSpeed& path) {
  const auto sizes = offer.sweep.sizes.resolve(path.mss);
  std::uint64_t bytes = 0;
  for (const PayloadSize size : sizes.value_or(std::vector<PayloadSize>())) {
    bytes += size.bytes();
  }
  const std::uint64_t rounds = offer.sweep.all_rounds();
  Json estimate{{"type", "estimate"},
                {"sizes", sizes ? sizes->size() : 0},
                {"largest_bytes", sizes ? sizes->back().bytes() : 0},
                {"rounds", offer.sweep.rounds},
                {"pings", sizes ? sizes->size() * rounds : 0},
                {"bytes", bytes * rounds},
                {"mss_bytes", path.mss.bytes()}};
  if (path.shortest_rtt) {
    estimate["rtt_ns"] = path.shortest_rtt->count();
  }
  if (const auto duration = expected_duration(offer.sweep, path)) {
    estimate["seconds"] = std::chrono::duration<double>(*duration).count();
  }
  return text_of(estimate);
}

std::string web_queued(const Queued& place) {
  Json message{{"type", "queued"}, {"ahead", place.ahead}};
  if (place.seconds) {
    message["seconds"] = *place.seconds;
  }
  return text_of(message);
}

std::string web_refusal(const Refuse& refusal) {
  return text_of({{"type", "refused"}, {"reason", refusal.reason}, {"hint", refusal.hint}});
}

std::string web_begin(const std::string& run_id) {
  return text_of({{"type", "begin"}, {"run_id", run_id}});
}

std::string web_progress(const SweepProgress& progress) {
  Json sizes = Json::array();
  Json minima = Json::array();
  for (std::size_t i = 0; i < progress.sizes.size(); ++i) {
    sizes.push_back(progress.sizes[i].bytes());
    const Duration fastest = progress.minima[i];
    minima.push_back(fastest == Duration::max() ? Json() : Json(fastest.count()));
  }
  Json message{{"type", "progress"},
               {"done", progress.done},
               {"all", progress.all},
               {"sizes_bytes", sizes},
               {"minima_ns", minima}};
  if (progress.mss) {
    message["mss_bytes"] = progress.mss->bytes();
  }
  return text_of(message);
}

std::string web_result(const std::string& run_id, const std::string& status,
                       const std::string& fault, const std::filesystem::path& file,
                       const std::string& file_name) {
  Json message{{"type", "result"}, {"run_id", run_id}, {"status", status}, {"fault", fault}};
  if (file.empty()) {
    return text_of(message);
  }
  RunCollection runs;
  runs.add(read_run(file, RttClock::Application));
  const LinkRuns& link = runs.links()[0];
  const PenaltyTable table = penalty_table(link, Statistic::minimum());
  const CellTable cells = class_cells(table);
  message["file"] = file_name;
  message["heading"] = heading(table);
  message["extent"] = extent(table);
  message["sentence"] = in_a_sentence(table);
  message["why_no_penalties"] = why_no_penalties(table);
  message["title"] = cells.title;
  message["added_to"] = cells.added_to;
  message["rows"] = cells.rows;
  message["warnings"] = warnings_of(table);
  if (!link.series.empty()) {
    message["pictures"] = pictures_of(link);
  }
  return text_of(message);
}

}  // namespace tcpstep

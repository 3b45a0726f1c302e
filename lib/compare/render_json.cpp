#include <cmath>
#include <nlohmann/json.hpp>

#include "lib/compare/render.h"
#include "lib/report/warnings.h"

namespace tcpstep {
namespace {

using Json = nlohmann::ordered_json;

template <class Number>
Json or_null(const std::optional<Number>& number) {
  return number ? Json(*number) : Json();
}

Json percent_or_null(const std::optional<double>& log_change) {
  return log_change ? Json(100 * std::expm1(*log_change)) : Json();
}

Json to_json(const std::optional<MssFit>& fit) {
  if (!fit) {
    return nullptr;
  }
  return {{"smallest_bytes", fit->smallest.bytes()},
          {"largest_bytes", fit->largest.bytes()},
          {"gain", fit->gain}};
}

Json to_json(const SideFacts& side) {
  return {{"runs", side.runs},
          {"mss_bytes", side.mss ? Json(side.mss->bytes()) : Json()},
          {"fitted_mss", to_json(side.fit)},
          {"lost", side.lost},
          {"retransmitted", side.resent.total()}};
}

Json to_json(const ContrastResult& row) {
  return {{"family", to_word(row.contrast.family)},
          {"segments", class_word(row.contrast)},
          {"before_ns", or_null(row.before_ns)},
          {"now_ns", or_null(row.now_ns)},
          {"change_percent", 100 * std::expm1(row.change)},
          {"low_percent", percent_or_null(row.low)},
          {"high_percent", percent_or_null(row.high)},
          {"p_slower", or_null(row.p_slower)},
          {"p_faster", or_null(row.p_faster)},
          {"slower", row.is_slower},
          {"faster", row.is_faster},
          {"larger", row.is_larger}};
}

Json to_json(const ExactDifference& row) {
  return {{"size_bytes", row.size.bytes()},
          {"segments", row.segments == 0 ? Json() : Json(row.segments)},
          {"pings", row.pings},
          {"differing", row.differing},
          {"floor_change_ns", row.floor_change_ns},
          {"mean_change_ns", row.mean_change_ns},
          {"mean_change_percent", 100 * row.mean_change}};
}

}  // namespace

std::string render_json(const Comparison& comparison) {
  Json json{{"format", "tcpstep-compare/1"},
            {"link", comparison.link},
            {"verdict", to_word(comparison.verdict)},
            {"headline", headline(comparison)},
            {"attribution", comparison.attribution.empty() ? Json() : Json(comparison.attribution)},
            {"reasons", comparison.reasons},
            {"remedy", comparison.remedy.empty() ? Json() : Json(comparison.remedy)},
            {"baseline", to_json(comparison.baseline)},
            {"candidate", to_json(comparison.candidate)},
            {"mss_bytes", comparison.mss ? Json(comparison.mss->bytes()) : Json()},
            {"rounds", comparison.rounds},
            {"sizes", comparison.sizes},
            {"blocks", comparison.blocks},
            {"alpha", comparison.settings.alpha},
            {"excluded_percent", percent_or_null(comparison.excluded)},
            {"runs_for_tolerance", or_null(comparison.runs_for_tolerance)},
            {"run_deviation_percent", percent_or_null(comparison.run_deviation)},
            {"contrasts", Json::array()},
            {"sizes_slower_than_their_class", Json::array()},
            {"exact", comparison.is_exact},
            {"differences", Json::array()},
            {"environment", Json::array()},
            {"notes", comparison.notes},
            {"warnings", warnings_json<Json>(comparison.caption.warnings)}};
  for (const ContrastResult& row : comparison.contrasts) {
    json["contrasts"].push_back(to_json(row));
  }
  for (const LocalResult& local : comparison.locals) {
    json["sizes_slower_than_their_class"].push_back(
        {{"size_bytes", local.size.bytes()},
         {"change_percent", 100 * std::expm1(local.change)},
         {"p_slower", local.p_slower}});
  }
  for (const ExactDifference& row : comparison.differences) {
    json["differences"].push_back(to_json(row));
  }
  for (const EnvironmentDifference& difference : comparison.environment) {
    json["environment"].push_back({{"what", difference.what},
                                   {"baseline", difference.baseline},
                                   {"candidate", difference.candidate}});
  }
  // A header may contain any bytes.
  return json.dump(2, ' ', false, Json::error_handler_t::replace) + '\n';
}

}  // namespace tcpstep

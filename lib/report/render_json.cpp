#include <nlohmann/json.hpp>

#include "lib/report/render.h"
#include "lib/report/rows.h"
#include "lib/report/warnings.h"

namespace tcpstep {
namespace {

using Json = nlohmann::ordered_json;

Json to_json(const Levels& levels) {
  return {{"fastest_ns", levels.fastest.count()},
          {"median_ns", levels.median.count()},
          {"p99_ns", levels.p99 ? Json(levels.p99->count()) : Json()}};
}

Json to_json(const std::optional<Penalty>& penalty) {
  if (!penalty) {
    return nullptr;
  }
  Json json{{"smallest_bytes", penalty->smallest.bytes()},
            {"largest_bytes", penalty->largest.bytes()},
            {"rtt_ns", penalty->rtt.count()},
            {"penalty_ns", penalty->extra.count()},
            {"penalty_percent", in_percent(penalty->share)}};
  json.update(to_json(penalty->levels));
  return json;
}

Json to_json(const FittedPenalties& fitted) {
  Json json{{"runs", fitted.runs}};
  for (std::size_t i = 0; i < kPenaltyRows.size(); ++i) {
    const auto& row = fitted.rows[i];
    json[std::string(kPenaltyRows[i].key)] =
        row ? Json{{"bytes", row->size.bytes()},
                   {"penalty_percent", in_percent(row->share)},
                   {"low_percent", row->low ? Json(in_percent(*row->low)) : Json()},
                   {"high_percent", row->high ? Json(in_percent(*row->high)) : Json()}}
            : Json();
  }
  json["line_holds_at_one_byte"] = !fitted.is_line_off;
  json["uneven_runs"] = fitted.uneven;
  return json;
}

Json to_json(const PenaltyTable& table) {
  Json link{
      {"link", table.link},
      {"mss_bytes", table.mss ? Json(table.mss->bytes()) : Json()},
      {"clock", to_word(table.clock)},
      {"statistic", table.statistic.name()},
      {"runs", table.runs},
      {"partial_runs", table.partial_runs},
      {"moved_runs", table.moved_runs},
      {"differing", table.differing},
      {"samples", table.samples},
      {"fewest_samples", table.fewest_samples},
      {"lost", table.lost},
      {"retransmitted", table.resent.total()},
      {"left_out",
       {{"resent_payload", table.resent.payload},
        {"resent_ack", table.resent.ack},
        {"doubtful", table.resent.doubtful}}},
      {"unstamped", table.unstamped},
      {"reference_bytes", table.reference_size ? Json(table.reference_size->bytes()) : Json()},
      {"reference_rtt_ns", table.reference_size ? Json(table.reference_rtt.count()) : Json()}};
  link["reference"] = table.reference_size ? to_json(table.reference_levels) : Json();
  for (const PenaltyRow& row : kPenaltyRows) {
    link[std::string(row.key)] = to_json(table.*row.penalty);
  }
  link["fitted"] = table.fitted.runs > 0 ? to_json(table.fitted) : Json();
  const std::string reason = why_no_penalties(table);
  link["classes"] = Json::array();
  for (const SegmentClass& row : table.classes) {
    Json entry = to_json(std::optional(row.penalty));
    entry["segments"] = row.segments;
    entry["sizes"] = row.sizes;
    if (!reason.empty()) {
      entry["penalty_ns"] = entry["penalty_percent"] = nullptr;
    }
    link["classes"].push_back(std::move(entry));
  }
  if (table.largest) {
    link["largest"] = to_json(table.largest);
  }
  link["remark"] = reason.empty() ? Json() : Json(reason);
  link["caveats"] = caveats(table);
  link["warnings"] = warnings_json<Json>(table.warnings);
  return link;
}

}  // namespace

std::string render_json(std::span<const PenaltyTable> tables) {
  Json report{{"format", "tcpstep-report/1"}, {"links", Json::array()}};
  for (const PenaltyTable& table : tables) {
    report["links"].push_back(to_json(table));
  }
  return report.dump(2) + '\n';
}

}  // namespace tcpstep

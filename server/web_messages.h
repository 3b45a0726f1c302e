// The JSON that this server and the script of its page send each other (docs/protocol.md).
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "lib/protocol/messages.h"
#include "lib/report/penalty_table.h"
#include "lib/sweep/path_speed.h"
#include "lib/sweep/run_settings.h"
#include "lib/sweep/sweep_session.h"

namespace tcpstep {

// What a browser would measure here, and what it may say of its link.
struct WebOffer {
  SweepSpec sweep;
  std::vector<std::string> links;
};

// --- From the page. Each throws ProtocolError. ---

enum class WebWish : std::uint8_t { Look, Run };
struct WebRequest {
  WebWish wish;
  PartialSweep sweep;  // of a run: link and label
};
[[nodiscard]] WebRequest read_web_request(std::string_view json, const WebOffer& offer);

// --- To the page ---

[[nodiscard]] std::string web_hello(const WebOffer& offer);
// What a run over this path would be: sizes, pings, bytes, about how long.
[[nodiscard]] std::string web_estimate(const WebOffer& offer, const PathSpeed& path);
[[nodiscard]] std::string web_queued(const Queued& place);
[[nodiscard]] std::string web_refusal(const Refuse& refusal);
[[nodiscard]] std::string web_begin(const std::string& run_id);
[[nodiscard]] std::string web_progress(const SweepProgress& progress);

// How a run ended, with its table and pictures as `report` has them. `file` is empty if there is
// none, `fault` if nothing went wrong.
[[nodiscard]] std::string web_result(const std::string& run_id, const std::string& status,
                                     const std::string& fault, const std::filesystem::path& file,
                                     const std::string& file_name);

}  // namespace tcpstep

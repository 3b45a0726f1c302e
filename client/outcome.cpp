#include "client/outcome.h"

#include <fmt/format.h>

#include <utility>

#include "lib/base/error.h"
#include "lib/base/text.h"
#include "lib/cli/program.h"
#include "lib/cli/stop_signals.h"
#include "lib/runfile/run_writer.h"

namespace tcpstep {
namespace {

constexpr const char* kResult = "result.csv";

void check_excess(const AckedPayloads& acked, const std::string& after) {
  switch (acked.excess) {
    case Excess::None:
      return;
    case Excess::PayloadBytes:
      throw WorldError("the server sent a payload larger than any size of this run," + after);
    case Excess::Payloads:
      throw WorldError("the server sent more payloads than this run has," + after);
    case Excess::Bytes:
      throw WorldError(
          fmt::format("--max-bytes was reached after {},{}", count_of(acked.bytes, "byte"), after));
    case Excess::Time:
      throw WorldError("--max-time was reached" + after);
  }
}

}  // namespace

ResultOutput::ResultOutput(const std::filesystem::path& path) : path_(path) {
  if (path == "-") {
    temporary_.emplace();
    file_.emplace(temporary_->path() / kResult);
  } else if (is_wanted() && !std::filesystem::is_directory(path)) {
    static_cast<void>(OutputFile(path));  // removed: it stays empty
  }
}

OutputFile ResultOutput::open(const SweepSpec& sweep) {
  if (file_) {
    return std::move(*file_);
  }
  return std::filesystem::is_directory(path_) ? create_run_file(path_, sweep.link, sweep.label)
                                              : OutputFile(path_);
}

void ResultOutput::publish() const {
  if (temporary_) {
    print_data(read_file(temporary_->path() / kResult));
  }
}

void ResultOutput::print(const std::string& text) const {
  if (temporary_) {
    print_lines(text.substr(0, text.find_last_not_of('\n') + 1));
  } else {
    print_data(text);
  }
}

std::string summary(const AckedPayloads& acked, Duration elapsed, const Address& server) {
  return fmt::format("{}, {} in {} from {}\n", count_of(acked.payloads, "payload"),
                     count_of(acked.bytes, "byte"), format_duration(elapsed), server.text());
}

void check_end(const AckedPayloads& acked, Duration timeout) {
  const std::string after = " after " + count_of(acked.payloads, "payload");
  switch (acked.end) {
    case PingStatus::Closed: {
      const std::string hint =
          acked.payloads > 0 ? "" : "If it is a tcpstep-server, see its messages.";
      if (acked.unfinished_bytes > 0) {
        throw WorldError(fmt::format("the server closed the connection in the middle of a payload, "
                                     "{} into it,{}",
                                     count_of(acked.unfinished_bytes, "byte"), after),
                         hint);
      }
      if (acked.payloads == 0) {
        throw WorldError("the server closed the connection before the first payload", hint);
      }
      return;
    }
    case PingStatus::Timeout:
      throw WorldError(
          fmt::format("no data from the server for {},{}", format_duration(timeout), after),
          acked.payloads == 0 ? "It may be measuring another client: wait longer with --timeout "
                                "10min. Or the host does not run tcpstep-server."
                              : "The path may be down. --timeout sets how long to wait.");
    case PingStatus::Reset:
      throw WorldError("the server reset the connection" + after);
    case PingStatus::Protocol:
      check_excess(acked, after);
      throw WorldError(
          "the server sent a sentinel inside a payload or did not wait for the ack," + after,
          "It does not speak tcpstep's protocol: see docs/protocol.md.");
    case PingStatus::Interrupted:
      StopSignals::die_if_received();
      check_excess(acked, after);
      [[fallthrough]];
    default:
      throw WorldError("the connection failed" + after);
  }
}

}  // namespace tcpstep

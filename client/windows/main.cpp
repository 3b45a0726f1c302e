// tcpstep-client for Windows: takes part in runs that the server measures. The protocol is that of
// the other client; what is left out is listed in kHelp.
#include <fmt/format.h>

#include <array>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <iterator>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "lib/base/error.h"
#include "lib/base/parse.h"
#include "lib/base/stop_request.h"
#include "lib/base/text.h"
#include "lib/net/address.h"
#include "lib/net/tcp_connection.h"
#include "lib/protocol/negotiation.h"
#include "lib/protocol/sweep_spec.h"
#include "lib/sweep/frame_stream.h"
#include "lib/sweep/responder.h"

namespace tcpstep {
namespace {

using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;

constexpr std::uint64_t kMostBytes = std::uint64_t{1} << 30U;  // as of the other client
constexpr Duration kLongestRun = 1h;
constexpr Duration kQueueTimeout = 60s;

constexpr std::string_view kHelp = R"(
Measures round-trip times with tcpstep-server on HOST; the server sends and times the payloads, and has the table.

On Windows the client has no --direction up, --connection fresh, --secret-file, --save and --json, and prints no table:
'tcpstep report FILE' prints that of the file that --output has written, on any other system.
)";

struct Options {
  HostAndPort host;
  std::uint16_t port = 19901;
  Duration timeout = 30s;
  std::string output;
  bool is_quiet = false;
  Request request;
};

std::string help() {
  std::string text = "tcpstep-client.exe [options] HOST\n" + std::string(kHelp) + "\n";
  const auto add = [&](std::string_view option, std::string_view meaning) {
    text += fmt::format("  {:<22} {}\n", option, meaning);
  };
  add("-p, --port PORT", "TCP port [19901]");
  add("-W, --timeout TIME", "timeout for connecting and for each wait for data [30s]");
  add("-o, --output FILE", "write the result to this new file");
  add("-q, --quiet", "print errors only");
  add("-h, --help", "print this");
  add("--version", "print the version");
  text += "\nRun (defaults come from the server)\n";
  for_each_sweep_field([&](const auto& field) {
    if ((field.where & kClientOption) != 0 && (field.where & kAlwaysInRequest) == 0) {
      add(fmt::format("--{} {}", field.option, field.value_name), field.meaning);
    }
  });
  return text;
}

// Sets the field of the sweep with that name; false if there is none.
bool set_field(PartialSweep& sweep, std::string_view name, std::string_view value) {
  bool is_known = false;
  for_each_sweep_field([&](const auto& field) {
    const bool is_offered =
        (field.where & kClientOption) != 0 && (field.where & kAlwaysInRequest) == 0;
    if (is_offered && name == field.option) {
      sweep.values.*field.member = field.parse(value);
      sweep.chosen.insert(field.key);
      is_known = true;
    }
  });
  return is_known;
}

// Empty if all was printed that was asked for.
std::optional<Options> parse(std::vector<std::string> words) {
  Options options;
  std::string host;
  for (std::size_t i = 0; i < words.size(); ++i) {
    std::string name = words[i];
    if (!name.starts_with('-')) {
      if (!std::exchange(host, name).empty()) {
        throw UsageError(fmt::format("unexpected argument '{}'", printable(name)));
      }
      continue;
    }
    if (name == "-h" || name == "--help" || name == "--version") {
      fmt::print("{}", name == "--version" ? std::string(version_and_git()) + "\n" : help());
      return std::nullopt;
    }
    if (name == "-q" || name == "--quiet") {
      options.is_quiet = true;
      continue;
    }
    std::string value;
    if (const std::size_t equals = name.find('='); equals != std::string::npos) {
      value = name.substr(equals + 1);
      name.resize(equals);
    } else if (i + 1 < words.size()) {
      value = words[++i];
    } else {
      throw UsageError(fmt::format("{} needs a value", printable(name)));
    }
    if (name == "-p" || name == "--port") {
      options.port = parse_port(value);
    } else if (name == "-W" || name == "--timeout") {
      options.timeout = parse_duration(value, 1ms, 24h);
    } else if (name == "-o" || name == "--output") {
      options.output = value;
    } else if (!name.starts_with("--") ||
               !set_field(options.request.sweep, name.substr(2), value)) {
      throw UsageError(fmt::format("unknown option '{}'", printable(name)), "See --help.");
    }
  }
  if (host.empty()) {
    throw UsageError("missing HOST", "See --help.");
  }
  options.host = split_host(host);
  options.request.wants_result = !options.output.empty();
  options.request.tool = version_and_git();
  return options;
}

void say(const Options& options, const std::string& message) {
  if (!options.is_quiet) {
    fmt::print(stderr, "tcpstep-client: {}\n", message);
  }
}

BOOL WINAPI stop(DWORD /*event*/) {
  request_stop(SIGINT);
  return TRUE;
}

[[noreturn]] void throw_end(PingStatus status, std::string_view when) {
  throw WorldError(fmt::format("the connection ended {}: {}", when, to_word(status)),
                   status == PingStatus::Timeout ? "--timeout sets how long to wait." : "");
}

// Until the server accepts or refuses; a classic server is neither.
void negotiate(TcpConnection& server, ClientNegotiation& negotiation, const Options& options) {
  using State = ClientNegotiation::State;
  std::vector<std::byte> buffer(std::size_t{64} * 1024);
  bool is_queued = false;
  for (;;) {
    const auto received = server.receive_some(buffer);
    if (received.status != PingStatus::Ok) {
      throw_end(received.status, "before the run");
    }
    const std::string reply = negotiation.add(std::span(buffer).first(received.bytes));
    if (const PingStatus sent = server.send_all(bytes_of(reply)); sent != PingStatus::Ok) {
      throw_end(sent, "before the run");
    }
    switch (negotiation.state()) {
      case State::Accepted:
      case State::Classic:
        server.set_io_timeout(options.timeout);
        return;
      case State::Refused:
        throw WorldError("the server refused: " + negotiation.refusal().reason,
                         negotiation.refusal().hint);
      case State::Failed:
        throw WorldError("the server broke the protocol: " + negotiation.fault());
      case State::Waiting:
        server.set_io_timeout(std::max(options.timeout, kQueueTimeout));
        if (!std::exchange(is_queued, true) && negotiation.place()) {
          say(options,
              fmt::format("queued: {} ahead", count_of(negotiation.place()->ahead, "client")));
        }
        break;
      default:
        break;
    }
  }
}

// The server's result, byte for byte, in a new file.
void keep_result(FrameStream& frames, const Options& options) {
  const auto [status, message] = frames.receive(options.timeout);
  if (status != PingStatus::Ok) {
    throw_end(status, "before the result");
  }
  if (const auto* refusal = std::get_if<Refuse>(&*message)) {
    throw WorldError(refusal->reason, refusal->hint);
  }
  const auto* result = std::get_if<Result>(&*message);
  if (result == nullptr || result->bytes > kMostBytes) {
    throw WorldError("the server did not send a result");
  }
  std::string bytes;
  if (result->bytes > 0 && frames.receive_file(bytes, *result) != PingStatus::Ok) {
    throw WorldError("the result did not arrive: " + frames.fault());
  }
  if (!options.output.empty()) {
    std::FILE* file = std::fopen(options.output.c_str(), "wbx");
    if (file == nullptr) {
      throw WorldError(fmt::format("cannot create {}", printable(options.output)),
                       "Nothing is overwritten.");
    }
    const bool is_written = std::fwrite(bytes.data(), 1, bytes.size(), file) == bytes.size();
    if (std::fclose(file) != 0 || !is_written) {
      throw WorldError(fmt::format("cannot write to {}", printable(options.output)));
    }
  }
  if (!result->file.empty()) {
    say(options, "kept at the server as " + printable(result->file, 200));
  }
  if (result->status != "complete") {
    throw WorldError(fmt::format("the server ended the run early ({})", result->status));
  }
}

void take_part(const Options& options) {
  const auto addresses =
      resolve(options.host.host, options.host.port.value_or(options.port), IpVersion::Any);
  TcpConnection server = TcpConnection::connect(addresses, options.timeout);
  server.set_io_timeout(options.timeout);
  say(options, "connected to " + server.peer().text());
  ClientNegotiation negotiation(options.request, nullptr);
  negotiate(server, negotiation, options);
  std::string rest = negotiation.take_rest();
  const auto begin = Clock::now();
  const bool is_classic = negotiation.state() == ClientNegotiation::State::Classic;
  if (is_classic && !options.request.sweep.chosen.empty()) {
    throw WorldError("the server knows only the classic protocol, which has no requests");
  }
  if (!is_classic) {
    FrameStream frames(server, nullptr, rest);
    if (const PingStatus sent = frames.send(Ready{}); sent != PingStatus::Ok) {
      throw_end(sent, "before the run");
    }
    rest = frames.take_rest();
  }
  Responder responder(server, {.received = bytes_of(rest),
                               .acked = negotiation.has_acked() ? 1U : 0U,
                               .stops_at_frame = !is_classic,
                               .limits = {.bytes = kMostBytes, .deadline = begin + kLongestRun}});
  const AckedPayloads acked = responder.run();
  const PingStatus expected = is_classic ? PingStatus::Closed : PingStatus::Ok;
  if (acked.end != expected || acked.unfinished_bytes > 0 || acked.payloads == 0) {
    throw_end(acked.end, "after " + count_of(acked.payloads, "payload"));
  }
  if (!options.is_quiet) {
    fmt::print("{}, {} in {} from {}\n", count_of(acked.payloads, "payload"),
               count_of(acked.bytes, "byte"), format_duration(Clock::now() - begin),
               server.peer().text());
  }
  if (!is_classic) {
    FrameStream frames(server, nullptr, text_of(responder.rest()));
    keep_result(frames, options);
  }
}

int run(const std::vector<std::string>& words) {
  const auto report = [](const std::runtime_error& error, std::string_view hint, int status) {
    fmt::print(stderr, "tcpstep-client: {}\n", error.what());
    if (!hint.empty()) {
      fmt::print(stderr, "  {}\n", hint);
    }
    return requested_stop() != 0 ? 128 + requested_stop() : status;
  };
  try {
    ::SetConsoleCtrlHandler(stop, TRUE);
    if (const auto options = parse(words)) {
      take_part(*options);
    }
    return 0;
  } catch (const UsageError& error) {
    return report(error, error.hint(), 2);
  } catch (const WorldError& error) {
    return report(error, error.hint(), 1);
  } catch (const std::system_error& error) {
    return report(error, "Is tcpstep-server running there? Try --port N.", 1);
  }
}

}  // namespace
}  // namespace tcpstep

int main(int argc, char** argv) {
  return tcpstep::run({argv + 1, argv + argc});
}

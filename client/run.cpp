#include "client/run.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <span>

#include "client/connect.h"
#include "lib/base/bytes.h"
#include "lib/base/error.h"
#include "lib/base/text.h"
#include "lib/base/version.h"
#include "lib/cli/print.h"
#include "lib/runfile/run_writer.h"

namespace tcpstep {
namespace {

using namespace std::chrono_literals;

constexpr std::size_t kReadAtOnce = std::size_t{64} * 1024;
constexpr Duration kPatienceInQueue = 60s;   // the server says every ten seconds that it is there
constexpr std::uint64_t kLongDay = 100'000;  // seconds: no limit is longer

Request request_for(const ClientOptions& options, MeasuredDirection direction,
                    const HostFacts& host) {
  Request request = options.request;
  request.sweep.values.direction = direction;
  request.tool = version_and_git();
  request.environment = environment_of(host, false);
  return request;
}

// A bad path must fail before the long part; in a folder, names come with the run.
bool is_one_file(const ClientOptions& options) {
  return !options.output.empty() && !std::filesystem::is_directory(options.output);
}

}  // namespace

ClientRun::ClientRun(const ClientOptions& options, MeasuredDirection direction,
                     const HostFacts& host, const Secret* secret)
    : options_(options),
      host_(host),
      secret_(secret),
      output_(is_one_file(options) ? std::optional<OutputFile>(options.output) : std::nullopt),
      server_(connect_with_retries(options)),
      negotiation_(request_for(options, direction, host), secret) {
  if (!prepare_connection(server_, options_)) {
    print_words("tcpstep-client: --busy-poll is not permitted here, the client goes on without it");
  }
  if (!options_.is_quiet) {
    print_words(fmt::format("tcpstep-client: connected to {}", server_.peer().text()));
  }
}

void ClientRun::perform() {
  negotiate();
  begin_ = std::chrono::steady_clock::now();
  if (negotiation_.state() == ClientNegotiation::State::Classic) {
    answer_classic();
  } else {
    take_part();
  }
}

// Until it is known what will be done. Throws if nothing will.
void ClientRun::negotiate() {
  using State = ClientNegotiation::State;
  std::vector<std::byte> buffer(kReadAtOnce);
  std::optional<std::uint64_t> told;
  for (;;) {
    const auto received = server_.receive_some(buffer);
    if (received.status != PingStatus::Ok) {
      const std::uint64_t answered = negotiation_.has_acked() ? 1 : 0;
      const Responses responses{.payloads = answered, .bytes = answered, .end = received.status};
      if (negotiation_.has_asked()) {
        check_end(responses);
        throw WorldError("the server closed the connection before the run");
      }
      summarize(responses);
      check_end(responses);
      return;
    }
    const std::string answer = negotiation_.add(std::span(buffer).first(received.bytes));
    if (const PingStatus sent = server_.send_all(bytes_of(answer)); sent != PingStatus::Ok) {
      check_end({.payloads = 1, .bytes = 1, .end = sent});
    }
    switch (negotiation_.state()) {
      case State::Waiting:
        server_.set_io_timeout(std::max(options_.timeout, kPatienceInQueue));
        say_place(told);
        break;
      case State::Accepted:
        server_.set_io_timeout(options_.timeout);
        [[fallthrough]];
      case State::Classic:
        rest_ = negotiation_.take_rest();
        return;
      case State::Refused:
        throw WorldError("the server refused: " + negotiation_.refusal().reason,
                         negotiation_.refusal().hint);
      case State::Failed:
        throw WorldError("the server does not keep to the protocol: " + negotiation_.fault());
      default:
        break;
    }
  }
}

void ClientRun::say_place(std::optional<std::uint64_t>& told) const {
  if (negotiation_.ahead() != told && !options_.is_quiet && negotiation_.ahead().value_or(0) > 0) {
    print_words(fmt::format("tcpstep-client: waiting, {} before us",
                            count_of(*negotiation_.ahead(), "client")));
  }
  told = negotiation_.ahead();
}

void ClientRun::answer_classic() {
  if (options_.needs_frames) {
    throw WorldError(
        "the server speaks the classic protocol only, in which a client cannot ask for anything",
        "Leave out all options of the run, or use tcpstep-server 0.1.0 or later.");
  }
  Responder responder(server_, {.received = bytes_of(rest_),
                                .acked = negotiation_.has_acked() ? std::uint64_t{1} : 0,
                                .stops_at_frame = false});
  const Responses responses = responder.run();
  summarize(responses);
  check_end(responses);
}

void ClientRun::take_part() {
  if (negotiation_.accept().sweep.direction == MeasuredDirection::Up) {
    measure_up();
  } else {
    answer_down();
  }
}

RunSettings ClientRun::settings() const {
  const Accept& accept = negotiation_.accept();
  RunSettings settings;
  settings.sweep = accept.sweep;
  if (const std::uint64_t limit = negotiation_.limits().seconds; limit > 0 && limit <= kLongDay) {
    settings.deadline = begin_ + std::chrono::seconds(limit);
  }
  settings.congestion_control = kCongestionControl;
  settings.scheduling = options_.this_host.scheduling;
  settings.busy_poll = options_.this_host.busy_poll;
  settings.is_anonymous = accept.is_anonymous;
  return settings;
}

RunIdentity ClientRun::identity() const {
  const Accept& accept = negotiation_.accept();
  return {.run_id = accept.run_id,
          .is_negotiated = true,
          .concurrent_runs = accept.concurrent_runs,
          .peer = accept.environment};
}

OutputFile ClientRun::open_output() {
  if (output_) {
    return std::move(*output_);
  }
  const RunSettings names = settings();
  return create_run_file(options_.output, names.sweep.link, names.sweep.label);
}

}  // namespace tcpstep

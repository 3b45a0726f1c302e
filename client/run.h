// One run with the server, in the protocol that it speaks.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "client/options.h"
#include "lib/net/tcp_connection.h"
#include "lib/protocol/authentication.h"
#include "lib/protocol/negotiation.h"
#include "lib/runfile/output_file.h"
#include "lib/sweep/responder.h"
#include "lib/sweep/run_description.h"
#include "lib/sweep/sweep_session.h"

namespace tcpstep {

class ClientRun {
 public:
  // Connects. The references must outlive this.
  ClientRun(const ClientOptions& options, MeasuredDirection direction, const HostFacts& host,
            const Secret* secret);

  // Throws WorldError if the run did not complete; what there is of it is written before that.
  void perform();

 private:
  void negotiate();
  void say_place(std::optional<std::uint64_t>& told) const;
  void answer_classic();
  void take_part();
  void answer_down();
  Responses answer_warm(std::string& rest);
  Responses answer_fresh();
  void measure_up();
  TcpConnection join();
  void take_result(const std::string& rest, const Responses& responses);
  void keep(const std::string& bytes);
  RunTrailer check(const std::string& bytes);
  [[nodiscard]] RunHeader describe_lost() const;
  void mark_lost(std::string_view status);
  OutputFile open_output();
  void summarize(const Responses& responses) const;
  void show_table(const std::string& bytes) const;
  void check_end(const Responses& responses) const;
  [[nodiscard]] RunSettings settings() const;
  [[nodiscard]] RunIdentity identity() const;

  // What became of a run that could not go on.
  [[nodiscard]] static PingStatus failure();

  class Joining;

  const ClientOptions& options_;
  const HostFacts& host_;
  const Secret* secret_;
  std::optional<OutputFile> output_;
  TcpConnection server_;
  ClientNegotiation negotiation_;
  std::string rest_;  // what came behind the negotiation
  std::chrono::steady_clock::time_point begin_ = std::chrono::steady_clock::now();
};

}  // namespace tcpstep

// What is printed and written at the end of a run.
#pragma once

#include <filesystem>
#include <optional>
#include <string>

#include "lib/base/units.h"
#include "lib/net/address.h"
#include "lib/protocol/sweep_spec.h"
#include "lib/runfile/output_file.h"
#include "lib/sweep/responder.h"

namespace tcpstep {

// Where results go: to a new file, into a folder, or nowhere.
class ResultOutput {
 public:
  // A new file is created at once: a bad path must fail before the run. Empty: nowhere.
  explicit ResultOutput(const std::filesystem::path& path);

  [[nodiscard]] bool is_wanted() const { return !path_.empty(); }

  // The new file, or one in the folder, named after the run.
  [[nodiscard]] OutputFile open(const SweepSpec& sweep);

 private:
  std::filesystem::path path_;
  std::optional<OutputFile> file_;
};

// "2100 payloads, 10415601 bytes in 1.284 s from 192.0.2.1:19901"
void print_summary(const Responses& responses, Duration elapsed, const Address& server);

// The penalty table of a whole result file.
void print_table(const std::string& result);

// Throws WorldError unless the server ended the connection in order, between two payloads.
void check_end(const Responses& responses, Duration timeout);

}  // namespace tcpstep

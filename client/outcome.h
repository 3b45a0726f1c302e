// What is printed and written at the end of a run.
#pragma once

#include <filesystem>
#include <optional>
#include <string>

#include "lib/base/file.h"
#include "lib/base/units.h"
#include "lib/net/address.h"
#include "lib/protocol/sweep_spec.h"
#include "lib/runfile/output_file.h"
#include "lib/sweep/responder.h"

namespace tcpstep {

// Where results go: to a new file, into a folder, to standard output ("-"), or nowhere.
class ResultOutput {
 public:
  // A bad path must fail before the run; but a client that is killed before there is a result
  // leaves no file. Empty: nowhere.
  explicit ResultOutput(const std::filesystem::path& path);

  [[nodiscard]] bool is_wanted() const { return !path_.empty(); }

  // The new file, or one in the folder, named after the run.
  [[nodiscard]] OutputFile open(const SweepSpec& sweep);
  // To be called once the result is written.
  void publish() const;
  // Text for people: on standard output unless the result goes there.
  void print(const std::string& text) const;

 private:
  std::filesystem::path path_;
  std::optional<TemporaryFolder> temporary_;  // of a result for standard output
  std::optional<OutputFile> file_;            // in there
};

// "2100 payloads, 10415601 bytes in 1.284 s from 192.0.2.1:19901"
[[nodiscard]] std::string summary(const AckedPayloads& acked, Duration elapsed,
                                  const Address& server);

// Throws WorldError unless the server ended the connection in order, between two payloads.
void check_end(const AckedPayloads& acked, Duration timeout);

}  // namespace tcpstep

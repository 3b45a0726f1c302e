// What the user of a run sees of it, and what is written at its end.
#pragma once

#include <filesystem>
#include <map>
#include <optional>
#include <string>

#include "client/options.h"
#include "lib/base/file.h"
#include "lib/base/units.h"
#include "lib/net/address.h"
#include "lib/protocol/sweep_spec.h"
#include "lib/runfile/output_file.h"
#include "lib/stats/sample_sketch.h"
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

// Creates the folder of --save if it is missing. Throws UsageError if it already contains a run.
void prepare_folder(const std::filesystem::path& folder);

// The file of the run with that number, from 1 on, in the folder of --save.
[[nodiscard]] std::filesystem::path saved_run(const std::filesystem::path& folder,
                                              std::uint64_t number);

// What the end that acks saw of a run whose result did not arrive.
using SeenTimes = std::map<PayloadSize, SampleSketch>;
struct SeenRun {
  const SeenTimes& times;  // from one ack to the next
  std::optional<Mss> mss;
};

// Prints the table of a result file and a small picture, or JSON; brings the other files of --save
// up to date. If the file has no samples, the table is of what was seen, and says so.
void present(const ClientOptions& options, const ResultOutput& output, const std::string& result,
             const std::optional<SeenRun>& seen = std::nullopt);

// "2100 payloads, 10415601 bytes in 1.284 s from 192.0.2.1:19901"
[[nodiscard]] std::string summary(const AckedPayloads& acked, Duration elapsed,
                                  const Address& server);

// Throws WorldError unless the server ended the connection in order, between two payloads.
void check_end(const AckedPayloads& acked, Duration timeout);

}  // namespace tcpstep

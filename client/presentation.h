// What the user of a run sees of it.
#pragma once

#include <filesystem>
#include <string>

#include "client/options.h"
#include "client/outcome.h"

namespace tcpstep {

// Creates the folder of --save if it is missing. Throws UsageError if it already contains a run.
void prepare_folder(const std::filesystem::path& folder);

// The file of the run with that number, from 1 on, in the folder of --save.
[[nodiscard]] std::filesystem::path saved_run(const std::filesystem::path& folder,
                                              std::uint64_t number);

// Prints the table of a result file and a small picture, or JSON; brings the other files of --save
// up to date.
void present(const ClientOptions& options, const ResultOutput& output, const std::string& result);

}  // namespace tcpstep

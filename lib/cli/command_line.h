// Options of a program: declared once, read from the command line, TCPSTEP_* variables and a file.
#pragma once

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <functional>
#include <initializer_list>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "lib/base/error.h"
#include "lib/base/text.h"
#include "lib/base/units.h"
#include "lib/cli/completion.h"
#include "lib/cli/help_page.h"
#include "lib/host/scheduling.h"

namespace tcpstep {

// The text of every option that was given or has a default.
class OptionValues {
 public:
  [[nodiscard]] bool has(const std::string& name) const { return values_.contains(name); }
  [[nodiscard]] bool is_set(const std::string& flag) const { return has(flag); }

  // All values of the positional arguments, in order.
  [[nodiscard]] const std::vector<std::string>& positional() const { return positional_; }

  // The value of an option that was given or has a default, through a parser of parse.h.
  // A UsageError of the parser is prefixed with the option's name.
  template <class Parser>
  auto get(const std::string& name, Parser&& parser) const {
    try {
      return std::invoke(std::forward<Parser>(parser), std::string_view(values_.at(name)));
    } catch (const UsageError& error) {
      throw UsageError("--" + name + ": " + error.what(), error.hint());
    }
  }

  // One of a few words, each with its value.
  template <class Words>
  auto choose(const std::string& name, const Words& choices) const {
    std::string expected;
    std::size_t left = std::size(choices);
    for (const auto& [word, value] : choices) {
      if (word == text(name)) {
        return value;
      }
      expected += (expected.empty() ? "" : left == 1 ? " or " : ", ") + std::string(word);
      --left;
    }
    throw UsageError("--" + name + ": invalid value '" + printable(text(name)) + "': expected " +
                     expected);
  }

  [[nodiscard]] std::string text(const std::string& name) const {
    return has(name) ? values_.at(name) : std::string();
  }

  // Empty if the option was not given. Throws UsageError if its value is empty.
  [[nodiscard]] std::filesystem::path path(const std::string& name) const;
  // The same, of a result to write: "-" is standard output. Throws UsageError also for the suffix
  // of a compressed file and for a folder that does not exist.
  [[nodiscard]] std::filesystem::path output_path(const std::string& name) const;

 private:
  friend class CommandLine;
  std::map<std::string, std::string> values_;
  std::vector<std::string> positional_;
};

// The IP version that --ipv4 and --ipv6 choose. Throws UsageError if both are set.
[[nodiscard]] IpVersion ip_version_of(const OptionValues& values);

// Every program also has --help, --version and --config. Options are never abbreviated.
// The command line wins over TCPSTEP_<OPTION> variables, these over the file of --config.
class CommandLine {
 public:
  // `usage` is the line after "Usage: ", `about` one sentence, `examples` follow the options.
  CommandLine(std::string usage, std::string about, std::string examples);

  // Starts a new group of options in the help.
  void group(const std::string& title);
  // The options of --help, in this order; --help=all has all of them. Without this call --help has.
  void essentials(std::initializer_list<const char*> names);
  // `names` is "port,p" or "port"; `value_name` appears in the help, or instead of WORD all of the
  // option's words(). An empty default is none.
  void flag(const std::string& names, const std::string& help);
  void value(const std::string& names, const std::string& value_name, const std::string& help);
  void value(const std::string& names, const std::string& value_name,
             const std::string& default_value, const std::string& help);
  void positional(const std::string& value_name, std::size_t at_least, std::size_t at_most);
  // What the value of an option declared before may be, for help and completion; an empty name: of
  // the positional arguments. `choices` as for OptionValues::choose().
  template <class Words>
  void words(const std::string& name, const Words& choices) {
    for (const auto& [word, value] : choices) {
      add_word(name, word);
    }
  }
  void add_word(const std::string& name, std::string_view word);

  // Empty if --help, --version or a completion (completion.h) was asked for and printed. Throws
  // UsageError. Call it once.
  [[nodiscard]] std::optional<OptionValues> parse(int argc, const char* const* argv);

 private:
  void add(const std::string& names, Option option);
  void add_common();
  void check_positional(const std::vector<std::string>& given) const;

  HelpPage page_;
  std::string group_;
  CompletedArguments arguments_;  // the positional ones
  std::size_t at_least_ = 0;
};

// --- Programs whose first argument is a command with options of its own ---

// Reads what follows a command; argv[0] is the command. Empty if its help was asked for.
template <class Options>
using ParseCommand = std::optional<Options> (*)(int argc, const char* const* argv);

// For a first argument that is not a command: prints the help, the version or the commands that a
// word to complete begins. Throws UsageError for anything else; `commands` is for its hint.
void handle_missing_command(std::string_view program, std::span<const char* const> arguments,
                            std::string_view help, std::span<const std::string> commands);

// The options of the command in argv[1]. Empty if help or the version was asked for and printed.
// Throws UsageError.
template <class Options>
std::optional<Options> parse_command(
    std::string_view program, std::string_view help,
    std::initializer_list<std::pair<std::string_view, ParseCommand<Options>>> commands, int argc,
    const char* const* argv) {
  std::vector<const char*> arguments(argv + std::min(argc, 1), argv + argc);
  if (arguments.size() > 2 && arguments.front() == kCompletionRequest) {
    std::swap(arguments[0], arguments[1]);  // "--complete report --format ''" is for report
  }
  std::vector<std::string> names;
  for (const auto& [word, parse] : commands) {
    if (!arguments.empty() && word == arguments.front()) {
      return parse(static_cast<int>(arguments.size()), arguments.data());
    }
    names.emplace_back(word);
  }
  handle_missing_command(program, arguments, help, names);
  return std::nullopt;
}

// --- Options of server and client for a coordinator: lib/host/lease.h ---

inline constexpr std::string_view kLeaseHelp =
    "for tcpstep-mesh: read the secret from the first line of standard input; end when that is "
    "closed, or after TIME; one such process per host";

// Empty if it was not given. Throws UsageError if there is a --secret-file, too.
[[nodiscard]] std::optional<Duration> lease_of(const OptionValues& values);

// --- Options of server and client for how their process waits and runs ---

struct HostOptions {
  Scheduling scheduling;
  std::chrono::microseconds busy_poll{0};
};

// Adds the group "This host" to a program's options.
void declare_host_options(CommandLine& line);

[[nodiscard]] HostOptions host_options(const OptionValues& values);

}  // namespace tcpstep

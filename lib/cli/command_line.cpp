#include "lib/cli/command_line.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <boost/program_options.hpp>
#include <limits>
#include <sstream>
#include <utility>

#include "lib/base/parse.h"
#include "lib/base/text.h"
#include "lib/cli/program.h"

namespace tcpstep {
namespace {

namespace po = boost::program_options;
using namespace std::chrono_literals;

constexpr const char* kPositional = "positional-arguments";
constexpr unsigned kHelpWidth = 100;

std::string suggestion(std::string_view unknown, const po::options_description& options) {
  std::string_view name = unknown.substr(std::min(unknown.find_first_not_of('-'), unknown.size()));
  name = name.substr(0, name.find('='));
  std::vector<std::string> known;
  for (const auto& option : options.options()) {
    known.push_back(option->long_name());
  }
  // What other programs, and older versions of these, call the place for results.
  constexpr std::array<std::string_view, 5> kOutputs{"out", "outfile", "plot", "plots", "results"};
  if (std::ranges::find(kOutputs, name) != kOutputs.end() &&
      std::ranges::find(known, "output") != known.end()) {
    return "Did you mean --output?";
  }
  const std::string best = nearest_word(name, known);
  return best.empty() ? "See --help for all options." : fmt::format("Did you mean --{}?", best);
}

// TCPSTEP_ONE_OFF means --one-off, if this program has it; an option of another program is ignored.
std::string option_of_variable(const std::string& variable,
                               const po::options_description& options) {
  constexpr std::string_view kPrefix = "TCPSTEP_";
  if (!variable.starts_with(kPrefix)) {
    return {};
  }
  std::string name = variable.substr(kPrefix.size());
  std::ranges::transform(name, name.begin(), [](char c) {
    return c == '_' ? '-' : static_cast<char>(c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c);
  });
  return options.find_nothrow(name, false) != nullptr ? name : std::string();
}

// Boost takes the next word for a missing value: "--sizes --rounds 3" would mean the size
// "--rounds". A value that does begin with two dashes can be given as --link=--x.
void check_that_no_value_is_an_option(const po::parsed_options& parsed) {
  for (const auto& option : parsed.options) {
    const auto& tokens = option.original_tokens;
    if (tokens.size() == 2 && option.position_key < 0 && tokens[1].starts_with("--")) {
      throw UsageError(fmt::format("missing value for '{}'", printable(tokens[0])),
                       fmt::format("'{}' follows it.", printable(tokens[1])));
    }
  }
}

}  // namespace

std::filesystem::path OptionValues::path(const std::string& name) const {
  if (has(name) && text(name).empty()) {
    throw UsageError("--" + name + ": the name is empty");
  }
  return text(name);
}

std::filesystem::path OptionValues::output_path(const std::string& name) const {
  std::filesystem::path path = this->path(name);
  const std::string extension = path.extension();
  if (extension == ".gz" || extension == ".zst" || extension == ".xz" || extension == ".bz2") {
    throw UsageError(
        fmt::format("--{}: cannot write the compressed file '{}'", name, printable(path.string())),
        fmt::format("Write '{}' and compress it afterwards.",
                    printable(std::filesystem::path(path).replace_extension().string())));
  }
  if (!path.empty() && !path.has_filename() && !std::filesystem::is_directory(path)) {
    throw UsageError(fmt::format("--{}: no folder '{}'", name, printable(path.string())),
                     "Create it first, or name a file.");
  }
  return path;
}

IpVersion ip_version_of(const OptionValues& values) {
  if (values.is_set("ipv4") && values.is_set("ipv6")) {
    throw UsageError("--ipv4 and --ipv6 cannot be combined", "Without both, either is used.");
  }
  if (values.is_set("ipv4")) {
    return IpVersion::V4;
  }
  return values.is_set("ipv6") ? IpVersion::V6 : IpVersion::Any;
}

struct CommandLine::Declarations {
  std::string usage;
  std::string about;
  std::string examples;
  std::vector<std::unique_ptr<po::options_description>> groups;
  std::string positional_name;
  std::size_t at_least = 0;
  std::size_t at_most = 0;
  std::vector<CompletedOption> known;  // the same options, for completion
  std::vector<std::string> arguments;  // words that the positional arguments may be

  // `names` as for CommandLine::value().
  void know(const std::string& names, const std::string& value_name, const std::string& help) {
    const std::size_t comma = std::min(names.find(','), names.size());
    known.push_back({.name = names.substr(0, comma),
                     .letter = names.substr(std::min(comma + 1, names.size())),
                     .value_name = value_name,
                     .meaning = help,
                     .words = {}});
  }

  void add_common() {
    groups.push_back(
        std::make_unique<po::options_description>("General", kHelpWidth, kHelpWidth / 2));
    groups.back()->add_options()("config", po::value<std::string>()->value_name("FILE"),
                                 "read options from FILE, lines of option=value");
    groups.back()->add_options()("help,h", po::bool_switch(), "print this text");
    groups.back()->add_options()("version,V", po::bool_switch(), "print the version");
    for (const auto& option : groups.back()->options()) {
      know(option->long_name(), option->format_parameter(), option->description());
    }
  }

  [[nodiscard]] po::options_description visible() const {
    po::options_description all;
    for (const auto& group : groups) {
      all.add(*group);
    }
    return all;
  }

  [[nodiscard]] std::string help() const {
    std::ostringstream text;
    text << "Usage: " << usage << '\n' << about << '\n';
    for (const auto& group : groups) {
      text << '\n' << *group;
    }
    text << '\n' << examples;
    return text.str();
  }

  [[nodiscard]] std::string completed(const std::vector<std::string_view>& begun) const {
    const CompletedArguments positional{.option = {.name = {},
                                                   .letter = {},
                                                   .value_name = positional_name,
                                                   .meaning = {},
                                                   .words = arguments},
                                        .at_most = at_most};
    return completions(known, positional, begun);
  }

  void check_positional(const std::vector<std::string>& given) const {
    if (given.size() > at_most) {
      throw UsageError(fmt::format("unexpected argument '{}'", printable(given[at_most])),
                       "Usage: " + usage);
    }
    if (given.size() < at_least) {
      throw UsageError(fmt::format("{} is missing", positional_name), "Usage: " + usage);
    }
  }
};

CommandLine::CommandLine(std::string usage, std::string about, std::string examples)
    : declarations_(std::make_unique<Declarations>()) {
  declarations_->usage = std::move(usage);
  declarations_->about = std::move(about);
  declarations_->examples = std::move(examples);
}

CommandLine::CommandLine(CommandLine&&) noexcept = default;
CommandLine& CommandLine::operator=(CommandLine&&) noexcept = default;
CommandLine::~CommandLine() = default;

void CommandLine::group(const std::string& title) {
  declarations_->groups.push_back(
      std::make_unique<po::options_description>(title, kHelpWidth, kHelpWidth / 2));
}

void CommandLine::flag(const std::string& names, const std::string& help) {
  declarations_->groups.back()->add_options()(names.c_str(), po::bool_switch(), help.c_str());
  declarations_->know(names, "", help);
}

void CommandLine::value(const std::string& names, const std::string& value_name,
                        const std::string& help) {
  declarations_->groups.back()->add_options()(
      names.c_str(), po::value<std::string>()->value_name(value_name), help.c_str());
  declarations_->know(names, value_name, help);
}

void CommandLine::value(const std::string& names, const std::string& value_name,
                        const std::string& default_value, const std::string& help) {
  if (default_value.empty()) {
    value(names, value_name, help);
    return;
  }
  declarations_->groups.back()->add_options()(
      names.c_str(), po::value<std::string>()->value_name(value_name)->default_value(default_value),
      help.c_str());
  declarations_->know(names, value_name, help);
}

void CommandLine::positional(const std::string& value_name, std::size_t at_least,
                             std::size_t at_most) {
  declarations_->positional_name = value_name;
  declarations_->at_least = at_least;
  declarations_->at_most = at_most;
}

void CommandLine::add_word(const std::string& name, std::string_view word) {
  const auto found = std::ranges::find(declarations_->known, name, &CompletedOption::name);
  (name.empty() ? declarations_->arguments : found->words).emplace_back(word);
}

std::optional<OptionValues> CommandLine::parse(int argc, const char* const* argv) {
  declarations_->add_common();
  if (argc > 2 && argv[1] == kCompletionRequest) {
    print_data(declarations_->completed({argv + 2, argv + argc}));
    return std::nullopt;
  }
  const po::options_description options = declarations_->visible();
  po::options_description all;  // of the command line only
  all.add(options).add_options()(kPositional, po::value<std::vector<std::string>>());
  po::variables_map map;
  try {
    namespace style = po::command_line_style;
    po::positional_options_description positions;
    positions.add(kPositional, -1);
    const po::parsed_options parsed = po::command_line_parser(argc, argv)
                                          .options(all)
                                          .positional(positions)
                                          .style(style::unix_style & ~style::allow_guessing)
                                          .run();
    check_that_no_value_is_an_option(parsed);
    po::store(parsed, map);
    if (map["help"].as<bool>()) {
      print_data(declarations_->help());
      return std::nullopt;
    }
    if (map["version"].as<bool>()) {
      print_data(fmt::format("{}\n", version_and_git()));
      return std::nullopt;
    }
    po::store(
        po::parse_environment(
            options, [&](const std::string& name) { return option_of_variable(name, options); }),
        map);
    if (map.contains("config")) {
      const auto file = map["config"].as<std::string>();
      po::store(po::parse_config_file(file.c_str(), options), map);
    }
  } catch (const po::unknown_option& error) {
    throw UsageError(fmt::format("unknown option '{}'", printable(error.get_option_name())),
                     suggestion(error.get_option_name(), options));
  } catch (const po::error& error) {
    throw UsageError(printable(error.what(), 200), "See --help.");
  }
  OptionValues result;
  for (const auto& [name, value] : map) {
    if (name == kPositional) {
      result.positional_ = value.as<std::vector<std::string>>();
    } else if (const auto* is_on = boost::any_cast<bool>(&value.value())) {
      if (*is_on) {
        result.values_[name] = "true";
      }
    } else {
      result.values_[name] = value.as<std::string>();
    }
  }
  declarations_->check_positional(result.positional_);
  return result;
}

void handle_missing_command(std::string_view program, std::span<const char* const> arguments,
                            std::string_view help, std::span<const std::string> commands) {
  const std::string_view word = arguments.empty() ? "" : arguments.front();
  if (word == "--help" || word == "-h" || word == "help") {
    print_data(help);
  } else if (word == "--version" || word == "-V") {
    print_data(fmt::format("{}\n", version_and_git()));
  } else if (word == kCompletionRequest && arguments.size() == 2) {
    print_data(completions(commands, arguments[1]));
  } else {
    throw UsageError(
        word.empty() ? "missing command" : fmt::format("unknown command '{}'", printable(word)),
        fmt::format("Commands are {}. See {} --help.", fmt::join(commands, ", "), program));
  }
}

constexpr auto kWaits = std::to_array<Word<Wait>>({{"block", Wait::Block}, {"spin", Wait::Spin}});

void declare_host_options(CommandLine& line) {
  line.group("This host");
  line.value("wait", "WORD", "block",
             "how to wait for data: block (sleep), or spin (poll; needs a processor for each end)");
  line.words("wait", kWaits);
  line.value("cpu", "N", "run on processor N only");
  line.value("busy-poll", "TIME", "0", "let the kernel poll the network card for TIME");
  line.flag("realtime", "SCHED_FIFO and locked memory, where permitted");
}

HostOptions host_options(const OptionValues& values) {
  HostOptions options;
  options.scheduling.wait = values.choose("wait", kWaits);
  if (values.has("cpu")) {
    options.scheduling.cpu = values.get("cpu", [](std::string_view text) {
      return static_cast<std::uint32_t>(
          parse_count(text, 0, std::numeric_limits<std::uint16_t>::max()));
    });
  }
  options.scheduling.is_realtime = values.is_set("realtime");
  options.busy_poll = std::chrono::duration_cast<std::chrono::microseconds>(values.get(
      "busy-poll", [](std::string_view text) { return parse_duration(text, 0us, 100ms); }));
  return options;
}

}  // namespace tcpstep

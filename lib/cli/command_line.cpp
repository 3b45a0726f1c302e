#include "lib/cli/command_line.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <boost/program_options.hpp>
#include <limits>
#include <utility>

#include "lib/base/parse.h"
#include "lib/base/text.h"
#include "lib/cli/program.h"
#include "lib/cli/screen.h"

namespace tcpstep {
namespace {

namespace po = boost::program_options;
using namespace std::chrono_literals;

constexpr const char* kPositional = "positional-arguments";
constexpr std::size_t kHelpWidth = 80;

std::string suggestion(std::string_view unknown, const po::options_description& options) {
  std::string_view name = unknown.substr(std::min(unknown.find_first_not_of('-'), unknown.size()));
  name = name.substr(0, name.find('='));
  std::vector<std::string> known;
  for (const auto& option : options.options()) {
    known.push_back(option->long_name());
  }
  // What other programs, and older versions of these, call the place for results.
  constexpr std::array<std::string_view, 6> kOutputs{"out",   "outfile", "plot",
                                                     "plots", "results", "output"};
  for (const std::string_view place : {"output", "results"}) {
    if (std::ranges::find(kOutputs, name) != kOutputs.end() &&
        std::ranges::find(known, place) != known.end()) {
      return fmt::format("Did you mean --{}?", place);
    }
  }
  const std::string best = nearest_word(name, known);
  return best.empty() ? "See --help for all options." : fmt::format("Did you mean --{}?", best);
}

// Of --help=all, which Boost does not take: an option has a value or has none.
std::optional<HelpExtent> wanted_help(int argc, const char* const* argv) {
  for (int i = 1; i < argc; ++i) {
    const std::string_view word = argv[i];
    if (word == "--") {
      break;
    }
    if (word == "--help=table") {
      return HelpExtent::Table;
    }
    if (word == "--help=all") {
      return HelpExtent::All;
    }
    if (word == "--help") {
      const bool is_all = i + 1 < argc && std::string_view(argv[i + 1]) == "all";
      return is_all ? HelpExtent::All : HelpExtent::Essentials;
    }
  }
  return std::nullopt;
}

po::options_description described(const std::vector<Option>& options) {
  po::options_description all;
  for (const Option& option : options) {
    const std::string names =
        option.letter.empty() ? option.name : fmt::format("{},{}", option.name, option.letter);
    if (option.is_flag()) {
      all.add_options()(names.c_str(), po::bool_switch());
      continue;
    }
    auto* value = po::value<std::string>();
    if (!option.default_value.empty()) {
      value->default_value(option.default_value);
    }
    all.add_options()(names.c_str(), value);
  }
  return all;
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

CommandLine::CommandLine(std::string usage, std::string about, std::string examples)
    : page_{.usage = std::move(usage),
            .about = std::move(about),
            .examples = std::move(examples),
            .options = {},
            .essentials = {}} {
  std::ranges::replace(page_.about, '\n', ' ');
}

void CommandLine::group(const std::string& title) {
  group_ = title;
}

void CommandLine::essentials(std::initializer_list<const char*> names) {
  page_.essentials.assign(names.begin(), names.end());
}

void CommandLine::add(const std::string& names, Option option) {
  const std::size_t comma = std::min(names.find(','), names.size());
  option.name = names.substr(0, comma);
  option.letter = names.substr(std::min(comma + 1, names.size()));
  option.group = group_;
  page_.options.push_back(std::move(option));
}

void CommandLine::flag(const std::string& names, const std::string& help) {
  add(names, {.meaning = help});
}

void CommandLine::value(const std::string& names, const std::string& value_name,
                        const std::string& help) {
  add(names, {.value_name = value_name, .meaning = help});
}

void CommandLine::value(const std::string& names, const std::string& value_name,
                        const std::string& default_value, const std::string& help) {
  add(names, {.value_name = value_name, .meaning = help, .default_value = default_value});
}

void CommandLine::positional(const std::string& value_name, std::size_t at_least,
                             std::size_t at_most) {
  arguments_.option.value_name = value_name;
  arguments_.at_most = at_most;
  at_least_ = at_least;
}

void CommandLine::add_word(const std::string& name, std::string_view word) {
  Option& option =
      name.empty() ? arguments_.option : *std::ranges::find(page_.options, name, &Option::name);
  option.words.emplace_back(word);
}

void CommandLine::add_common() {
  group("General");
  value("config", "FILE", "read options from FILE, lines of option=value");
  flag("help,h", page_.essentials.empty() ? "print this text"
                                          : "print the most used options; --help=all: all");
  flag("version,V", "print the version");
}

void CommandLine::check_positional(const std::vector<std::string>& given) const {
  if (given.size() > arguments_.at_most) {
    throw UsageError(fmt::format("unexpected argument '{}'", printable(given[arguments_.at_most])),
                     "Usage: " + page_.usage);
  }
  if (given.size() < at_least_) {
    throw UsageError(fmt::format("{} is missing", arguments_.option.value_name),
                     "Usage: " + page_.usage);
  }
}

std::optional<OptionValues> CommandLine::parse(int argc, const char* const* argv) {
  add_common();
  if (argc > 2 && argv[1] == kCompletionRequest) {
    const std::vector<std::string_view> begun(argv + 2, argv + argc);
    print_data(completions(page_.options, arguments_, begun));
    return std::nullopt;
  }
  const Screen screen = screen_of_output();
  const auto help = [&](HelpExtent extent) {
    HelpPage page = page_;
    page.usage = as_invoked(page.usage);
    page.about = as_invoked(page.about);
    page.examples = as_invoked(page.examples);
    print_text(render_help(page, extent, std::min(screen.columns, kHelpWidth)), screen);
  };
  if (const auto extent = wanted_help(argc, argv)) {
    help(*extent);
    return std::nullopt;
  }
  const po::options_description options = described(page_.options);
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
      help(HelpExtent::Essentials);
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
  check_positional(result.positional_);
  return result;
}

void handle_missing_command(std::string_view program, std::span<const char* const> arguments,
                            std::string_view help, std::span<const std::string> commands) {
  const std::string_view word = arguments.empty() ? "" : arguments.front();
  if (word == "--help" || word == "--help=all" || word == "-h" || word == "help") {
    print_data(fitted_page(as_invoked(help), screen_of_output().columns));
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

void declare_host_options(CommandLine& line) {
  line.group("This host");
  line.value("wait", "WORD", "block",
             "sleep until data arrive, or poll for them: needs a processor for each end");
  line.words("wait", kNamesOf<Wait>);
  line.value("cpu", "N", "run on processor N only");
  line.value("busy-poll", "TIME", "0", "let the kernel poll the network card for TIME");
  line.flag("realtime", "SCHED_FIFO and locked memory, where permitted");
}

std::optional<Duration> lease_of(const OptionValues& values) {
  if (!values.has("lease")) {
    return std::nullopt;
  }
  if (values.has("secret-file")) {
    throw UsageError("--lease and --secret-file cannot be combined",
                     "With --lease the secret is the first line of standard input.");
  }
  return values.get("lease", [](std::string_view text) {
    return parse_duration(text, std::chrono::seconds(1), std::chrono::hours(24));
  });
}

HostOptions host_options(const OptionValues& values) {
  HostOptions options;
  options.scheduling.wait = values.choose("wait", kNamesOf<Wait>);
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

// Options of a program: declared once, read from the command line, TCPSTEP_* variables and a file.
#pragma once

#include <functional>
#include <initializer_list>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "lib/base/error.h"
#include "lib/base/ip_version.h"
#include "lib/base/text.h"

namespace tcpstep {

// The text of every option that was given or has a default.
class OptionValues {
 public:
  [[nodiscard]] bool has(const std::string& name) const { return values_.contains(name); }
  [[nodiscard]] bool is_set(const std::string& flag) const { return has(flag); }

  // All values of the positional arguments, in order.
  [[nodiscard]] const std::vector<std::string>& positional() const { return positional_; }

  // The value of an option that was given or has a default, through a parser of parse.h.
  // A UsageError of the parser gets the option's name put in front.
  template <class Parser>
  auto get(const std::string& name, Parser&& parser) const {
    try {
      return std::invoke(std::forward<Parser>(parser), std::string_view(values_.at(name)));
    } catch (const UsageError& error) {
      throw UsageError("--" + name + ": " + error.what(), error.hint());
    }
  }

  // One of a few words, each with what it stands for.
  template <class Value>
  Value choose(const std::string& name,
               std::initializer_list<std::pair<std::string_view, Value>> choices) const {
    std::string words;
    for (const auto& [word, value] : choices) {
      if (word == text(name)) {
        return value;
      }
      words += words.empty() ? word : " or " + std::string(word);
    }
    throw UsageError("--" + name + ": '" + printable(text(name)) + "' is not " + words);
  }

  [[nodiscard]] std::string text(const std::string& name) const {
    return has(name) ? values_.at(name) : std::string();
  }

 private:
  friend class CommandLine;
  std::map<std::string, std::string> values_;
  std::vector<std::string> positional_;
};

// What --ipv4 and --ipv6 say together; both at once throw UsageError.
[[nodiscard]] IpVersion ip_version_of(const OptionValues& values);

// Every program also has --help, --version and --config. Options are never abbreviated.
// The command line wins over TCPSTEP_<OPTION> variables, these over the file of --config.
class CommandLine {
 public:
  // `usage` is the line after "Usage: ", `about` one sentence, `examples` follow the options.
  CommandLine(std::string usage, std::string about, std::string examples);
  CommandLine(CommandLine&&) noexcept;
  CommandLine& operator=(CommandLine&&) noexcept;
  ~CommandLine();

  // Starts a new group of options in the help.
  void group(const std::string& title);
  // `names` is "port,p" or "port"; `value_name` appears in the help. An empty default is none.
  void flag(const std::string& names, const std::string& help);
  void value(const std::string& names, const std::string& value_name, const std::string& help);
  void value(const std::string& names, const std::string& value_name,
             const std::string& default_value, const std::string& help);
  void positional(const std::string& value_name, std::size_t at_least, std::size_t at_most);

  // Empty if --help or --version was asked for and printed. Throws UsageError. Call it once.
  [[nodiscard]] std::optional<OptionValues> parse(int argc, const char* const* argv);

 private:
  struct Declarations;  // keeps Boost.Program_options out of this header
  std::unique_ptr<Declarations> declarations_;
};

}  // namespace tcpstep

// Did this link become slower, and when? Change points and creeping changes over the runs of
// months and years: docs/statistics.md.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "lib/compare/contrasts.h"
#include "lib/compare/environment.h"
#include "lib/compare/history_runs.h"
#include "lib/report/link_captions.h"
#include "lib/runfile/run.h"

namespace tcpstep {

enum class Trend : std::uint8_t { Steady, Faster, Slower, Inconclusive };
template <>
inline constexpr auto kNamesOf<Trend> = std::to_array<Word<Trend>>({{"steady", Trend::Steady},
                                                                    {"faster", Trend::Faster},
                                                                    {"slower", Trend::Slower},
                                                                    {"inconclusive",
                                                                     Trend::Inconclusive}});

// What is one point in time.
enum class HistoryUnit : std::uint8_t { Run, Day };

struct HistorySettings {
  double alpha = 0.01;           // false alarms of a whole history of one link
  double minimum_effect = 0.02;  // smallest change that counts; of tails at least 25 %
  double sensitivity = 0.5;      // cannot tell if only larger changes would be found
  PlausibleTimes plausible;      // runs of other dates do not count
  HistoryUnit unit = HistoryUnit::Run;
  bool ignores_environment = false;  // one series although host, interface or transport differ
  unsigned threads = 1;              // that a search may use; its result does not depend on them
};

struct HistoryPoint {
  std::string name;                         // of the first run's file
  std::chrono::sys_time<Duration> started;  // the first run
  std::size_t runs;
};

// The level of one contrast at every point, as a logarithm (of ns, but for tails).
struct HistoryColumn {
  Contrast contrast;
  ContrastColumn values;
  std::optional<double> visible;  // a change of the newest 5 points shows from about here on
};

// Changes are natural logarithms: after / before.
struct ContrastChange {
  Contrast contrast;
  double change;
  double low;  // of the 95 % interval
  double high;
  double p;  // adjusted for all contrasts and places
  bool is_slower;
  bool is_faster;
  std::optional<double> before_ns;  // medians on both sides, of floors
  std::optional<double> now_ns;
};

// A difference of the environment between a point and the one before it.
struct EnvironmentChange {
  std::size_t point;
  EnvironmentDifference difference;
};

struct HistoryChange {
  std::size_t first;  // point of the new level
  std::vector<ContrastChange> contrasts;
  std::vector<EnvironmentChange> environment;  // near it

  [[nodiscard]] bool is_slower() const;
  [[nodiscard]] bool is_faster() const;
};

// A change without a date: the newest third of the points against the oldest.
struct HistoryCreep {
  std::size_t begin;  // point: of the segment that was searched
  std::size_t third;  // points in either part
  std::vector<ContrastChange> contrasts;

  [[nodiscard]] bool is_slower() const;
};

// The newest points stand apart from those since the newest change, but are still too few to count
// as one. Nothing is decided by it.
struct UnconfirmedChange {
  std::size_t first;  // point of the new level
  double change;      // logarithm of now / before
  double before_ns;   // medians on both sides, of the floor of all sizes
  double now_ns;
};

struct History {
  std::string link;                   // with .up and .fresh, as in report
  Trend trend = Trend::Inconclusive;  // of the newest change
  std::vector<std::string> reasons;   // of a refusal
  std::string remedy;                 // what would resolve it; may be empty
  std::vector<std::string> notes;
  HistorySettings settings;
  Caption caption;

  std::size_t given = 0;  // runs
  std::size_t runs = 0;   // that count
  std::vector<HistoryPoint> points;
  std::size_t rounds = 0;
  std::size_t sizes = 0;
  std::optional<Mss> mss;              // by which sizes have their class
  std::vector<HistoryColumn> columns;  // floors, then tails
  std::vector<HistoryChange> changes;
  std::optional<HistoryCreep> creep;  // if the newest segment shows one
  std::optional<UnconfirmedChange> unconfirmed;

  // "run" or "day", what a point is.
  [[nodiscard]] std::string_view unit() const;
  // "the newest 3 runs are 160 % above the level before (1.31 ms to 3.40 ms); a change is reported
  // once 5 runs confirm it (2 more)"; there is an unconfirmed change.
  [[nodiscard]] std::string unconfirmed_words() const;
  // One more reason, and a remedy if there is none yet.
  void refuse(std::string reason, std::string_view what_to_do);
};

// As a factor of the level: beyond it a sensitivity means nothing.
inline constexpr double kTenfold = 10;
// The smallest change that would be found: "3.8 %", "4.5 times" from twice the level on, "more than
// tenfold".
[[nodiscard]] std::string sensitivity_words(double visible);
// "about 3.8 % or more", "more than tenfold".
[[nodiscard]] std::string sensitivity_or_more(double visible);

// The runs of one link, direction and kind of connection, reduced to what a search needs.
class LinkSeries {
 public:
  // What became of it, at this alpha.
  [[nodiscard]] History search(double alpha) const;
  // Of one of so many links: what has changed at this alpha is searched again with alpha / links,
  // and only what has changed still counts. So alpha is the probability of a false alarm in all of
  // them (Bonferroni).
  [[nodiscard]] History search_among(std::size_t links, double alpha) const;

 private:
  friend class SeriesReader;

  History begun_;  // all but what is searched; with a reason there is nothing to search
  std::vector<std::vector<const RunHeader*>> headers_;  // of each point
  std::string lossy_newest_;
  std::vector<std::shared_ptr<const RunHeader>> owners_;
};

// Reads runs: calls `take` with each, in several threads if it likes, and then what that returned,
// in one thread and in the order of the runs. It may be asked to read them again.
using TakeRun = std::function<std::function<void()>(Run run)>;
using RunSource = std::function<void(const TakeRun& take)>;

// In the order in which the links first come. Runs may come in any order. Those of a link are read
// a second time if they differ in sizes or rounds, or have fewer samples than the first of them.
[[nodiscard]] std::vector<LinkSeries> read_series(const RunSource& read,
                                                  const HistorySettings& settings);

// Of each of these series, at the alpha of the settings.
[[nodiscard]] std::vector<History> histories(const RunSource& read,
                                             const HistorySettings& settings);
[[nodiscard]] std::vector<History> histories(const std::vector<Run>& runs,
                                             const HistorySettings& settings);

}  // namespace tcpstep

// One run in memory: the model that report, compare, history, export and plot share. Its memory
// depends on the number of payload sizes, not on the number of rounds.
#pragma once

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "lib/base/units.h"
#include "lib/runfile/run_header.h"
#include "lib/runfile/run_reader.h"
#include "lib/stats/sample_sketch.h"

namespace tcpstep {

// Which time is the RTT of a ping.
enum class RttClock : std::uint8_t {
  Application,  // rtt_ns: from before the send to after the receive
  Kernel,       // kernel_rtt_ns: without the two stacks of the measuring host
};
template <>
inline constexpr auto kNamesOf<RttClock> = std::to_array<Word<RttClock>>(
    {{"application", RttClock::Application}, {"kernel", RttClock::Kernel}});

// Runs with the same key measured the same thing: report pools them, compare and history take them
// for one series.
struct LinkKey {
  std::string link = "unnamed";  // as the user named it
  bool is_up = false;            // the client sent the payloads
  bool is_fresh = false;         // a new connection for each ping
  std::optional<Mss> mss;        // of the counted samples
  std::string part = {};         // of a link whose runs were divided: "anna"; see Run::divide()

  // "lan", "lan.up", "lan.fresh" or "lan.up.fresh", without the MSS. Unambiguous: a link that the
  // user named "lan.up" is "lan.up.down", or "lan.up.up" upward. With a part: "lan.up@anna".
  [[nodiscard]] std::string name() const;

  auto operator<=>(const LinkKey&) const = default;
};

// What the header says, without an MSS.
[[nodiscard]] LinkKey key_of(const RunHeader& header);

// What may keep runs of one link apart, which are pooled otherwise.
enum class RunPart : std::uint8_t { None, Label, Host, Day };

// "192.0.2.1" of "192.0.2.1:19901" in `role`_addr, otherwise the name in `role`_host; may be empty.
[[nodiscard]] std::string host_of(const RunHeader& header, std::string_view role);

// Pings with an RTT that no table, comparison or history counts, because something was sent again,
// by cause. This is the only place with that rule; while a run goes on, the other end's
// retransmissions are not known yet (lib/sweep/running_minima.h).
struct ResentPings {
  std::uint64_t payload = 0;   // something of the payload was sent again
  std::uint64_t ack = 0;       // only the ack was
  std::uint64_t doubtful = 0;  // the other end does not tell, and nothing else explains the RTT
  bool knows_acks = false;     // the other end tells of some ping

  // True if `row` is one of them; it is counted then.
  bool take(const Row& row);
  void merge(const ResentPings& other);
  [[nodiscard]] std::uint64_t total() const { return payload + ack + doubtful; }
  // "6 pings left out: 3 with a resent payload, 2 with a resent ack, 1 doubtful";
  // empty if there are none.
  [[nodiscard]] std::string text() const;

  bool operator==(const ResentPings&) const = default;
};

inline bool ResentPings::take(const Row& row) {
  knows_acks = knows_acks || row.peer_retransmits;
  if (row.retransmits.value_or(0) > 0) {
    ++payload;
  } else if (row.peer_retransmits.value_or(0) > 0) {
    ++ack;
  } else if (!row.peer_retransmits && row.doubtful.value_or(0) > 0) {
    ++doubtful;
  } else {
    return false;
  }
  return true;
}

// The counted pings of one payload size. Each is in exactly one of these.
struct SizeSeries {
  SampleSketch rtts;            // of the others; exact and in order up to 4096 samples
  std::uint64_t lost = 0;       // without an RTT
  ResentPings resent;           // with something that was sent again
  std::uint64_t unstamped = 0;  // with RttClock::Kernel: without a kernel RTT

  // The least and the most of segments - retransmits of the pings with an RTT, where the file has
  // both: how many segments the payload takes, whatever MSS the header says.
  std::optional<std::uint32_t> segments;
  std::uint32_t most_segments = 0;

  [[nodiscard]] std::uint64_t pings() const {
    return rtts.size() + lost + resent.total() + unstamped;
  }
  void add(const Row& row, RttClock clock);  // of a counted ping
  void merge(const SizeSeries& other);
};

inline void SizeSeries::add(const Row& row, RttClock clock) {
  if (!row.rtt) {
    ++lost;
    return;
  }
  if (row.segments && row.retransmits) {
    const std::uint32_t needed = *row.segments - std::min(*row.segments, *row.retransmits);
    segments = std::min(segments.value_or(needed), needed);
    most_segments = std::max(most_segments, needed);
  }
  if (resent.take(row)) {
    return;
  }
  if (const auto rtt = clock == RttClock::Kernel ? row.kernel_rtt : row.rtt) {
    rtts.add(*rtt);
  } else {
    ++unstamped;
  }
}

struct Run {
  std::string name;  // of its file, for messages
  RunHeader header;
  std::optional<RunTrailer> trailer;  // empty: the file was cut off
  bool is_unverified = false;         // it is an archive that was cut off before its checksum
  RttClock clock = RttClock::Application;
  std::map<PayloadSize, SizeSeries> series;  // of all sizes with a counted ping, clean or not

  // From these, by describe(). The MSS of the key is the header's unless the segments of the
  // counted pings rule it out: then the one that the trailer says, or the smallest that fits them
  // all.
  LinkKey key;
  bool has_moved = false;  // the counted pings were not all of that MSS, or of no single one
  std::optional<std::chrono::sys_time<Duration>> started;
  // Two files that hold the same run have the same identity: its run_id and link, or a hash of all
  // of the above without a run_id. Virtual time may draw the same ids, times and samples again, so
  // there it is the path of the file.
  std::string identity;
  void describe();

  // Makes its label, the client's host, or the day of its start (UTC) a part of the key; "-" where
  // there is none.
  void divide(RunPart by);

  [[nodiscard]] std::string_view status() const {
    return trailer ? std::string_view(trailer->status) : std::string_view();
  }
  [[nodiscard]] bool is_complete() const { return status() == kComplete && !is_unverified; }
  // Why it is not complete: "interrupted", "cut off", "archive cut off"; empty if it is.
  [[nodiscard]] std::string why_partial() const;
  [[nodiscard]] bool is_virtual() const { return header.is_virtual(); }

  // The sizes with a clean sample, and the clean samples of one in the order measured: none of a
  // size that was not measured, and the first SampleSketch::kMostExact of very many.
  [[nodiscard]] std::vector<PayloadSize> sizes() const;
  [[nodiscard]] std::span<const Duration> samples_of(PayloadSize size) const;

  // The largest number of counted pings of any size.
  [[nodiscard]] std::uint64_t rounds() const;
  // Sums over the sizes.
  [[nodiscard]] std::uint64_t pings() const;
  [[nodiscard]] std::uint64_t lost() const;  // unstamped ones too
  [[nodiscard]] ResentPings resent() const;
};

// Reads a run, by several threads if the file is large; a file with anything unusual in it is read
// once more, line by line. Throws as RunReader does.
[[nodiscard]] Run read_run(const std::filesystem::path& file, RttClock clock, unsigned threads = 1);
// The rest of `reader`, line by line.
[[nodiscard]] Run read_run(RunReader& reader, std::string name, RttClock clock);
// The rest of `reader` in blocks; nothing if a line is not plainly right, and then only reading
// line by line can tell what is wrong, if anything. Tests hold the two against each other.
[[nodiscard]] std::optional<Run> scan_run(RunReader& reader, std::string name, RttClock clock,
                                          unsigned threads);

// "2026-11-22T16:41:59.254708Z", with or without the fraction; nothing if it is anything else.
[[nodiscard]] std::optional<std::chrono::sys_time<Duration>> parse_utc(std::string_view text);

}  // namespace tcpstep

// Carries packets between two hosts, each for as long as a link model says.
#pragma once

#include <array>
#include <cstdio>
#include <deque>
#include <filesystem>
#include <functional>
#include <memory>
#include <vector>

#include "lab/packet_port.h"
#include "lab/scheduling_error.h"
#include "lib/base/process.h"
#include "lib/link/link_model.h"

namespace tcpstep {

// One line per packet: when it entered, when it was due, when it was delivered: the ground truth to
// check a measurement against. Times in ns since the emulator's start; empty: lost.
class PacketLog {
 public:
  PacketLog() = default;  // logs nothing
  // Creates `path`, which must not exist. Throws std::system_error.
  explicit PacketLog(const std::filesystem::path& path);

  void write(Direction direction, std::size_t bytes, Duration in, std::optional<Duration> due,
             std::optional<Duration> out);
  // Flushes. Throws std::system_error if that fails.
  void close();

 private:
  struct Closer {
    void operator()(std::FILE* file) const { std::fclose(file); }
  };
  std::unique_ptr<std::FILE, Closer> file_;
  std::string name_;
};

// The way of one TCP packet over the link.
struct PacketRecord {
  Direction direction;
  std::uint32_t payload_bytes;
  std::uint32_t sequence;
  Duration in;   // when its host sent it
  Duration due;  // when it should have arrived
  Duration out;  // when it did
};

class Emulator {
 public:
  // `ports` are the near and the far host's: Down goes from the first to the second. They and the
  // log must outlive the emulator.
  Emulator(std::array<PacketPort, 2>& ports, const Profile& profile, std::uint64_t seed,
           PacketLog& log);

  // Runs until `child` has ended. Passes a signal to stop on to it.
  void run(const Child& child);

  [[nodiscard]] const SchedulingError& error() const { return error_; }
  [[nodiscard]] std::uint64_t lost() const { return lost_; }

  // Expects a negotiated run whose near host measures. The link starts anew, as if nothing had been
  // sent before, with the first payload after the last frame from the far host; if `grid` is not
  // zero, at the next multiple of it on the monotonic clock. Keeps a record of each TCP packet, and
  // calls `on_ack` after each payload upwards.
  void follow_sweep(Duration grid, std::function<void()> on_ack);
  [[nodiscard]] const std::vector<PacketRecord>& records() const { return records_; }

 private:
  struct Packet {
    Duration in;
    Duration due;
    std::vector<std::byte> bytes;
  };

  // How far a negotiated run has come, as the packets show it.
  enum class Phase {
    NotFollowed,  // nobody wants to know
    BeforeFrame,  // of the far host
    AfterFrame,   // the next payload from the near host may be the sweep's first
    Restarted,    // the link, by such a payload: the far host acks it, or sends another frame
    InSweep,
  };

  [[nodiscard]] Duration now() const;
  // Both return when the packet enters, which may be later than `in`.
  Duration watch_for_sweep(Direction direction, std::span<const std::byte> packet, Duration in);
  Duration restart_link(Duration in);
  Duration wait_for_grid();
  void record(Direction direction, const Packet& packet, Duration out);
  bool take(Direction direction);
  bool deliver(Direction direction);
  [[nodiscard]] std::optional<Duration> next_due() const;
  void wait(const Child& child);

  std::array<PacketPort, 2>& ports_;
  Profile profile_;
  std::uint64_t seed_;
  LinkModel link_;
  Duration link_started_{0};  // when the link's time was 0
  PacketLog& log_;
  std::chrono::steady_clock::time_point started_;
  Duration spin_;  // sleep ends this long before a packet is due
  Fd timer_;
  std::array<std::deque<Packet>, 2> in_flight_;
  std::array<Duration, 2> arrived_{};  // no packet that is still unread came before
  std::vector<PacketRecord> records_;
  Phase phase_ = Phase::NotFollowed;
  Duration grid_{0};
  std::optional<std::uint32_t> last_frame_;  // TCP's sequence number of the far host's last one
  std::function<void()> on_ack_;
  std::vector<std::byte> buffer_;
  SchedulingError error_;
  std::uint64_t lost_ = 0;
  bool is_ended_ = false;
  bool is_stop_passed_on_ = false;
};

}  // namespace tcpstep

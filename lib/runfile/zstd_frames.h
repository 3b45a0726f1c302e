// How far a .zst stream has been read (RFC 8878, section 3.1): Boost's decompressor says nothing
// about one that ends within a frame, before its checksum.
#pragma once

#include <cstdint>
#include <span>

namespace tcpstep {

class ZstdFrames {
 public:
  // The next bytes of the stream, which are as the decompressor gets them. What follows an error
  // is not looked at: the decompressor reports it.
  void add(std::span<const char> bytes);

  // True between two frames, and before the first.
  [[nodiscard]] bool is_between_frames() const { return part_ == Part::Magic && have_ == 0; }

 private:
  enum class Part : std::uint8_t { Magic, Descriptor, Header, SkippableSize, Block, Data, Error };

  void take(Part part, std::uint64_t number);
  void begin(Part part, std::uint64_t bytes);
  void take_magic(std::uint64_t number);
  void take_descriptor(std::uint64_t number);
  void take_block(std::uint64_t number);

  Part part_ = Part::Magic;
  std::uint64_t wanted_ = 4;  // bytes of this part
  std::uint64_t have_ = 0;    // of them
  std::uint64_t number_ = 0;  // that they make, least significant byte first
  bool has_checksum_ = false;
  bool is_last_block_ = true;
};

}  // namespace tcpstep

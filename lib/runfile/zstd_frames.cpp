#include "lib/runfile/zstd_frames.h"

#include <algorithm>

namespace tcpstep {
namespace {

constexpr std::uint64_t kMagic = 0xFD2FB528;
constexpr std::uint64_t kSkippableMagic = 0x184D2A50;  // and 15 more
constexpr std::uint64_t kChecksumBytes = 4;

}  // namespace

void ZstdFrames::add(std::span<const char> bytes) {
  while (!bytes.empty() && part_ != Part::Error) {
    if (part_ == Part::Data || part_ == Part::Header) {  // whatever it is
      const auto some = std::min<std::uint64_t>(bytes.size(), wanted_ - have_);
      have_ += some;
      bytes = bytes.subspan(static_cast<std::size_t>(some));
    } else {
      number_ |= std::uint64_t{static_cast<unsigned char>(bytes.front())} << (8 * have_);
      ++have_;
      bytes = bytes.subspan(1);
    }
    while (have_ == wanted_ && part_ != Part::Error) {
      take(part_, number_);
    }
  }
}

void ZstdFrames::begin(Part part, std::uint64_t bytes) {
  part_ = part;
  wanted_ = bytes;
  have_ = 0;
  number_ = 0;
}

// A part is complete.
void ZstdFrames::take(Part part, std::uint64_t number) {
  switch (part) {
    case Part::Magic:
      take_magic(number);
      break;
    case Part::Descriptor:
      take_descriptor(number);
      break;
    case Part::SkippableSize:
      has_checksum_ = false;
      is_last_block_ = true;
      begin(Part::Data, number);
      break;
    case Part::Header:
      begin(Part::Block, 3);
      break;
    case Part::Block:
      take_block(number);
      break;
    case Part::Data:
      if (is_last_block_) {
        begin(Part::Magic, 4);
      } else {
        begin(Part::Block, 3);
      }
      break;
    case Part::Error:
      break;
  }
}

void ZstdFrames::take_magic(std::uint64_t number) {
  if (number == kMagic) {
    begin(Part::Descriptor, 1);
  } else if ((number & ~std::uint64_t{15}) == kSkippableMagic) {
    begin(Part::SkippableSize, 4);
  } else {
    part_ = Part::Error;
  }
}

void ZstdFrames::take_descriptor(std::uint64_t number) {
  constexpr std::uint64_t kDictionaryBytes[] = {0, 1, 2, 4};
  constexpr std::uint64_t kSizeBytes[] = {0, 2, 4, 8};
  const bool is_single_segment = (number >> 5U & 1U) != 0;
  const std::uint64_t size_flag = number >> 6U;
  has_checksum_ = (number >> 2U & 1U) != 0;
  begin(Part::Header, kDictionaryBytes[number & 3U] + (is_single_segment ? 0 : 1) +
                          (is_single_segment && size_flag == 0 ? 1 : kSizeBytes[size_flag]));
}

void ZstdFrames::take_block(std::uint64_t number) {
  constexpr std::uint64_t kRepeatedByte = 1;
  is_last_block_ = (number & 1U) != 0;
  const std::uint64_t bytes = (number >> 1U & 3U) == kRepeatedByte ? 1 : number >> 3U;
  begin(Part::Data, bytes + (is_last_block_ && has_checksum_ ? kChecksumBytes : 0));
}

}  // namespace tcpstep

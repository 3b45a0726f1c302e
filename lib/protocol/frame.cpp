#include "lib/protocol/frame.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <nlohmann/json.hpp>
#include <set>
#include <utility>
#include <vector>

#include "lib/base/text.h"

namespace tcpstep {
namespace {

constexpr char kMark = static_cast<char>(kFrameMark);

std::size_t length_in(std::string_view header) {
  std::size_t length = 0;
  for (const char c : header.substr(1, kFrameHeaderBytes - 1)) {
    length = (length << 8U) | static_cast<unsigned char>(c);
  }
  return length;
}

void check_length(std::size_t length, std::size_t largest) {
  if (length > largest) {
    throw ProtocolError(
        fmt::format("a frame of {} bytes exceeds the limit of {}", length, largest));
  }
}

using Json = nlohmann::json;

constexpr int kDeepest = 4;

class StrictParsing {
 public:
  bool operator()(int depth, Json::parse_event_t event, const Json& parsed) {
    using Event = Json::parse_event_t;
    if (event == Event::object_start || event == Event::array_start) {
      if (depth >= kDeepest) {
        throw ProtocolError(fmt::format("JSON nested deeper than {} levels", kDeepest));
      }
      keys_.emplace_back();
    } else if (event == Event::object_end || event == Event::array_end) {
      keys_.pop_back();
    } else if (event == Event::key) {
      const auto& key = parsed.get_ref<const std::string&>();
      if (!keys_.back().insert(key).second) {
        throw ProtocolError(fmt::format("duplicate key '{}'", printable(key)));
      }
    }
    return true;
  }

 private:
  std::vector<std::set<std::string>> keys_;
};

}  // namespace

std::string encode_frame(std::string_view json, std::size_t largest) {
  check_length(json.size(), largest);
  std::string frame{kMark};
  for (const unsigned shift : {24U, 16U, 8U, 0U}) {
    frame += static_cast<char>((json.size() >> shift) & 0xFFU);
  }
  return frame.append(json);
}

void FrameDecoder::add(std::span<const std::byte> bytes) {
  buffer_.append(reinterpret_cast<const char*>(bytes.data()), bytes.size());
}

std::optional<std::string> FrameDecoder::next() {
  if (!buffer_.empty() && buffer_.front() != kMark) {
    throw ProtocolError(fmt::format("0x{:02x} is not the first byte of a frame",
                                    static_cast<unsigned char>(buffer_.front())));
  }
  if (buffer_.size() < kFrameHeaderBytes) {
    return std::nullopt;
  }
  const std::size_t length = length_in(buffer_);
  check_length(length, largest_);
  if (buffer_.size() < kFrameHeaderBytes + length) {
    return std::nullopt;
  }
  std::string json = buffer_.substr(kFrameHeaderBytes, length);
  buffer_.erase(0, kFrameHeaderBytes + length);
  return json;
}

std::string FrameDecoder::take_rest() {
  return std::exchange(buffer_, {});
}

Json parse_strictly(std::string_view text) {
  try {
    return Json::parse(text, StrictParsing());
  } catch (const Json::exception& error) {
    throw ProtocolError(fmt::format("invalid JSON: {}", printable(error.what(), 200)));
  }
}

bool may_be_frame(std::string_view beginning) {
  if (!beginning.empty() && beginning.front() != kMark) {
    return false;
  }
  // The bytes of the length that are there, with the missing ones as zeros: its least value.
  std::string header(beginning.substr(0, kFrameHeaderBytes));
  header.resize(kFrameHeaderBytes, '\0');
  const bool has_room = beginning.size() < kFrameHeaderBytes || length_in(header) >= 2;  // "{}"
  return has_room && length_in(header) <= kLargestFrame &&
         (beginning.size() <= kFrameHeaderBytes || beginning[kFrameHeaderBytes] == '{');
}

}  // namespace tcpstep

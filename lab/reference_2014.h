// The penalty table of 2014, results/reference_2014.csv, which is compiled in.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace tcpstep {

[[nodiscard]] std::string_view reference_2014_csv();

// What was found in 2014 on one kind of link, in percent over the time of 1 byte; empty: not given.
struct Reference2014 {
  std::optional<int> filling;
  std::optional<int> second;
  std::optional<int> fourth;
  std::optional<int> average_filling;  // of the mean, not of the minimum
  std::string sweet_spot;              // "800-2100": the sizes in bytes with the lowest mean
  std::string remark;
};

// Of the link that a built-in profile emulates; empty values if there is none.
[[nodiscard]] Reference2014 reference_2014(std::string_view profile);

}  // namespace tcpstep

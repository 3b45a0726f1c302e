#include <linux/if_link.h>
#include <linux/netlink.h>
#include <linux/pkt_sched.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <sys/socket.h>
#include <sys/time.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstring>
#include <optional>
#include <span>
#include <string>

#include "lib/base/fd.h"
#include "lib/net/interface_info.h"

namespace tcpstep {
namespace {

using Chars = std::span<const char>;

constexpr timeval kPatience{.tv_sec = 1, .tv_usec = 0};  // a fact is not worth waiting for

// Calls `visit` with each header in `bytes` and what belongs to it; `length` is the header's member
// that counts both. Messages and attributes are padded to four bytes.
template <class Header, class Length, class Visit>
void for_each(Chars bytes, Length Header::*length, Visit visit) {
  Header header{};
  while (bytes.size() >= sizeof header) {
    std::memcpy(&header, bytes.data(), sizeof header);
    const std::size_t size = header.*length;
    if (size < sizeof header || size > bytes.size()) {
      return;
    }
    visit(header, bytes.subspan(sizeof header, size - sizeof header));
    bytes = bytes.subspan(std::min(bytes.size(), (size + 3) / 4 * 4));
  }
}

// The kind of the queueing discipline in a message about it; empty unless it is the root of
// `interface`.
std::string kind_in(Chars message, int interface) {
  tcmsg qdisc{};
  std::string kind;
  if (message.size() >= sizeof qdisc) {
    std::memcpy(&qdisc, message.data(), sizeof qdisc);
  }
  if (qdisc.tcm_ifindex == interface && qdisc.tcm_parent == TC_H_ROOT) {
    for_each(message.subspan(sizeof qdisc), &rtattr::rta_len,
             [&](const rtattr& header, Chars text) {
               if (header.rta_type == TCA_KIND) {
                 kind.assign(text.begin(), std::ranges::find(text, '\0'));
               }
             });
  }
  return kind;
}

// Sends a request to rtnetlink and calls `visit` with the header and the text of each message that
// answers it, until it returns true or there are no more.
template <class Request, class Visit>
void ask_rtnetlink(const Request& request, Visit visit) {
  const Fd socket(::socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE));
  if (socket.get() < 0 ||
      ::setsockopt(socket.get(), SOL_SOCKET, SO_RCVTIMEO, &kPatience, sizeof kPatience) != 0 ||
      ::send(socket.get(), &request, sizeof request, 0) < 0) {
    return;
  }
  std::array<char, 32768> buffer{};
  for (bool is_over = false; !is_over;) {
    const ssize_t bytes = ::recv(socket.get(), buffer.data(), buffer.size(), 0);
    is_over = bytes <= 0;
    for_each(Chars(buffer).first(static_cast<std::size_t>(std::max<ssize_t>(bytes, 0))),
             &nlmsghdr::nlmsg_len, [&](const nlmsghdr& header, Chars message) {
               is_over = is_over || header.nlmsg_type == NLMSG_DONE ||
                         header.nlmsg_type == NLMSG_ERROR || visit(header, message);
             });
  }
}

nlmsghdr header_of_request(std::size_t bytes, unsigned type, unsigned flags) {
  return {.nlmsg_len = static_cast<std::uint32_t>(bytes),
          .nlmsg_type = static_cast<std::uint16_t>(type),
          .nlmsg_flags = static_cast<std::uint16_t>(NLM_F_REQUEST | flags),
          .nlmsg_seq = 1,
          .nlmsg_pid = 0};
}

}  // namespace

// Questions to rtnetlink: docs/decisions/0014-netlink-by-hand.md.
std::string qdisc_of(const std::string& interface) {
  struct Request {
    nlmsghdr header;
    tcmsg qdisc;
  };
  const auto index = static_cast<int>(::if_nametoindex(interface.c_str()));
  std::string kind;
  if (index > 0) {
    ask_rtnetlink(Request{.header = header_of_request(sizeof(Request), RTM_GETQDISC, NLM_F_DUMP),
                          .qdisc = {}},
                  [&](const nlmsghdr& header, Chars message) {
                    if (kind.empty() && header.nlmsg_type == RTM_NEWQDISC) {
                      kind = kind_in(message, index);
                    }
                    return false;  // a dump is read to its end
                  });
  }
  return kind;
}

std::optional<std::uint32_t> segments_merged_at_most(const std::string& interface) {
  struct Request {
    nlmsghdr header;
    ifinfomsg link;
  };
  const auto index = static_cast<int>(::if_nametoindex(interface.c_str()));
  std::optional<std::uint32_t> most;
  if (index > 0) {
    ifinfomsg link{};
    link.ifi_index = index;
    ask_rtnetlink(
        Request{.header = header_of_request(sizeof(Request), RTM_GETLINK, 0), .link = link},
        [&](const nlmsghdr& header, Chars message) {
          if (header.nlmsg_type != RTM_NEWLINK || message.size() < sizeof link) {
            return false;
          }
          for_each(message.subspan(sizeof link), &rtattr::rta_len,
                   [&](const rtattr& attribute, Chars value) {
                     std::uint32_t number = 0;
                     if (attribute.rta_type == IFLA_GSO_MAX_SEGS && value.size() == sizeof number) {
                       std::memcpy(&number, value.data(), sizeof number);
                       most = number;
                     }
                   });
          return true;
        });
  }
  return most;
}

}  // namespace tcpstep

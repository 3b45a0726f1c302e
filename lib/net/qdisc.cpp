#include <linux/netlink.h>
#include <linux/pkt_sched.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <sys/socket.h>
#include <sys/time.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <span>

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

}  // namespace

// The one question to rtnetlink: docs/decisions/0014-netlink-by-hand.md.
std::string qdisc_of(const std::string& interface) {
  struct Request {
    nlmsghdr header;
    tcmsg qdisc;
  };
  const Request request{.header = {.nlmsg_len = sizeof(Request),
                                   .nlmsg_type = RTM_GETQDISC,
                                   .nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP,
                                   .nlmsg_seq = 1,
                                   .nlmsg_pid = 0},
                        .qdisc = {}};
  const auto index = static_cast<int>(::if_nametoindex(interface.c_str()));
  const Fd socket(::socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE));
  if (index == 0 || socket.get() < 0 ||
      ::setsockopt(socket.get(), SOL_SOCKET, SO_RCVTIMEO, &kPatience, sizeof kPatience) != 0 ||
      ::send(socket.get(), &request, sizeof request, 0) < 0) {
    return {};
  }
  std::string kind;
  std::array<char, 32768> buffer{};
  for (bool is_over = false; !is_over;) {
    const ssize_t bytes = ::recv(socket.get(), buffer.data(), buffer.size(), 0);
    is_over = bytes <= 0;
    for_each(Chars(buffer).first(static_cast<std::size_t>(std::max<ssize_t>(bytes, 0))),
             &nlmsghdr::nlmsg_len, [&](const nlmsghdr& header, Chars message) {
               is_over =
                   is_over || header.nlmsg_type == NLMSG_DONE || header.nlmsg_type == NLMSG_ERROR;
               if (kind.empty() && header.nlmsg_type == RTM_NEWQDISC) {
                 kind = kind_in(message, index);
               }
             });
  }
  return kind;
}

}  // namespace tcpstep

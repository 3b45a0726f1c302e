#include "lib/net/interface_info.h"

#ifdef TCPSTEP_HAS_LIBMNL

#include <libmnl/libmnl.h>
#include <linux/pkt_sched.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <sys/socket.h>

#include <array>
#include <memory>

namespace tcpstep {
namespace {

struct Query {
  int interface;
  std::string kind;
};

int take_kind(const nlattr* attribute, void* query) {
  if (mnl_attr_get_type(attribute) == TCA_KIND) {
    static_cast<Query*>(query)->kind = mnl_attr_get_str(attribute);
  }
  return MNL_CB_OK;
}

int take_root_qdisc(const nlmsghdr* message, void* data) {
  auto* query = static_cast<Query*>(data);
  const auto* qdisc = static_cast<const tcmsg*>(mnl_nlmsg_get_payload(message));
  if (qdisc->tcm_ifindex == query->interface && qdisc->tcm_parent == TC_H_ROOT) {
    mnl_attr_parse(message, sizeof *qdisc, take_kind, query);
  }
  return MNL_CB_OK;
}

}  // namespace

std::string qdisc_of(const std::string& interface) {
  const std::unique_ptr<mnl_socket, decltype(&::mnl_socket_close)> socket(
      mnl_socket_open2(NETLINK_ROUTE, SOCK_CLOEXEC), &::mnl_socket_close);
  std::array<char, 32768> buffer{};
  Query query{.interface = static_cast<int>(::if_nametoindex(interface.c_str())), .kind = {}};
  if (socket == nullptr || mnl_socket_bind(socket.get(), 0, MNL_SOCKET_AUTOPID) < 0) {
    return {};
  }
  nlmsghdr* request = mnl_nlmsg_put_header(buffer.data());
  request->nlmsg_type = RTM_GETQDISC;
  request->nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP;
  request->nlmsg_seq = 1;
  auto* which = static_cast<tcmsg*>(mnl_nlmsg_put_extra_header(request, sizeof(tcmsg)));
  which->tcm_family = AF_UNSPEC;
  if (mnl_socket_sendto(socket.get(), request, request->nlmsg_len) < 0) {
    return {};
  }
  int status = MNL_CB_OK;
  while (status > MNL_CB_STOP) {
    const ssize_t bytes = mnl_socket_recvfrom(socket.get(), buffer.data(), buffer.size());
    status = bytes < 0 ? -1
                       : mnl_cb_run(buffer.data(), static_cast<std::size_t>(bytes), 1,
                                    mnl_socket_get_portid(socket.get()), take_root_qdisc, &query);
  }
  return query.kind;
}

}  // namespace tcpstep

#else

namespace tcpstep {

// Without libmnl the queue is an unknown fact.
std::string qdisc_of(const std::string&) {
  return {};
}

}  // namespace tcpstep

#endif

#include "lib/net/tcp_info.h"

#include <netinet/in.h>

namespace tcpstep {

TcpInfo::TcpInfo(const Fd& fd) : length_(sizeof info_) {
  if (::getsockopt(fd.get(), IPPROTO_TCP, TCP_INFO, &info_, &length_) != 0) {
    length_ = 0;
  }
}

}  // namespace tcpstep

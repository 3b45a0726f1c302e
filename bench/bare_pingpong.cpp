// The limit to compare tcpstep with: the same ping-pong in plain system calls, and nothing else.
//
//   bare_pingpong [--wait block|spin] [--cpu N] [--port P] [--sizes A,B,...] [--rounds N]
//                 [--shuffle] [--raw] time
//   bare_pingpong [--wait block|spin] [--cpu N] [--port P] ack ADDRESS
//
// "time" waits for one client, sends payloads of each size, `rounds` times over (and one round
// before, not counted), in a new order in each round with --shuffle, and prints the minimum and
// median RTT of each size as CSV, or with --raw every one. "ack" is the other end: IPv4, tries
// to connect for five seconds. It speaks the classic protocol, so either end works with tcpstep's
// other end as well.
//
// Every other program of this toolkit reports what went wrong; this one aborts.
#include <arpa/inet.h>
#include <getopt.h>
#include <linux/tcp.h>
#include <netinet/in.h>
#include <sched.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <numeric>
#include <random>
#include <string>
#include <vector>

namespace {

struct Options {
  bool is_spinning = false;
  bool is_shuffled = false;
  bool is_raw = false;
  std::uint16_t port = 19921;
  std::vector<std::size_t> sizes = {1, 101, 1401, 1501, 4401, 9901};
  std::size_t rounds = 1000;
};

template <class Result>
Result must(Result result, const char* what) {
  if (result < 0) {
    std::perror(what);
    std::exit(1);
  }
  return result;
}

std::int64_t now_ns() {
  timespec now{};
  clock_gettime(CLOCK_MONOTONIC, &now);
  return now.tv_sec * 1'000'000'000 + now.tv_nsec;
}

sockaddr_in address_of(const char* host, std::uint16_t port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  must(inet_pton(AF_INET, host, &address.sin_addr) - 1, "address");
  return address;
}

// Before the handshake: a connection that begins with BBR paces its segments forever.
void prepare(int fd) {
  const int on = 1;
  must(setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on), "TCP_NODELAY");
  must(setsockopt(fd, IPPROTO_TCP, TCP_CONGESTION, "cubic", 5), "TCP_CONGESTION");
}

int accept_one(std::uint16_t port) {
  const int listener = must(socket(AF_INET, SOCK_STREAM, 0), "socket");
  const int on = 1;
  must(setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on), "SO_REUSEADDR");
  const sockaddr_in address = address_of("0.0.0.0", port);
  must(bind(listener, reinterpret_cast<const sockaddr*>(&address), sizeof address), "bind");
  prepare(listener);
  must(listen(listener, 1), "listen");
  const int fd = must(accept(listener, nullptr, nullptr), "accept");
  close(listener);
  return fd;
}

int connect_to(const char* host, std::uint16_t port) {
  const sockaddr_in address = address_of(host, port);
  for (int attempt = 0; attempt < 500; ++attempt) {
    const int fd = must(socket(AF_INET, SOCK_STREAM, 0), "socket");
    prepare(fd);
    if (connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0) {
      return fd;
    }
    close(fd);
    usleep(10'000);
  }
  must(-1, "connect");
  return -1;
}

// At least one byte, or 0 at the peer's end.
std::size_t receive(int fd, char* buffer, std::size_t size, int flags) {
  ssize_t bytes = recv(fd, buffer, size, flags);
  while (bytes < 0 && errno == EAGAIN) {
    bytes = recv(fd, buffer, size, flags);
  }
  return static_cast<std::size_t>(must(bytes, "recv"));
}

void time_pings(int fd, const Options& options) {
  const int flags = options.is_spinning ? MSG_DONTWAIT : 0;
  // The one payload of which the shorter ones are the tail: it ends in the sentinel.
  std::string payload(*std::max_element(options.sizes.begin(), options.sizes.end()), '0');
  payload.back() = '1';
  std::vector<std::vector<std::int64_t>> samples(options.sizes.size());
  for (auto& series : samples) {
    series.resize(options.rounds + 1);
  }
  std::vector<std::size_t> order(options.sizes.size());
  std::iota(order.begin(), order.end(), 0);
  std::mt19937 random(2014);
  for (std::size_t round = 0; round <= options.rounds; ++round) {
    if (options.is_shuffled) {
      std::shuffle(order.begin(), order.end(), random);
    }
    for (const std::size_t i : order) {
      const std::size_t size = options.sizes[i];
      const char* begin = payload.data() + payload.size() - size;
      char ack = 0;
      const std::int64_t sent_at = now_ns();
      const ssize_t sent = send(fd, begin, size, 0);
      const std::size_t received = receive(fd, &ack, 1, flags);
      samples[i][round] = now_ns() - sent_at;
      if (sent != static_cast<ssize_t>(size) || received != 1) {
        std::abort();
      }
    }
  }
  std::puts(options.is_raw ? "round,size_bytes,rtt_ns" : "size_bytes,samples,min_ns,median_ns");
  for (std::size_t i = 0; i < options.sizes.size(); ++i) {
    for (std::size_t round = 1; options.is_raw && round <= options.rounds; ++round) {
      std::printf("%zu,%zu,%ld\n", round, options.sizes[i], samples[i][round]);
    }
    if (!options.is_raw) {
      std::sort(samples[i].begin() + 1, samples[i].end());
      std::printf("%zu,%zu,%ld,%ld\n", options.sizes[i], options.rounds, samples[i][1],
                  samples[i][1 + options.rounds / 2]);
    }
  }
}

void send_acks(int fd, const Options& options) {
  const int flags = options.is_spinning ? MSG_DONTWAIT : 0;
  std::vector<char> buffer(std::size_t{64} * 1024);
  for (;;) {
    const std::size_t received = receive(fd, buffer.data(), buffer.size(), flags);
    if (received == 0) {
      return;
    }
    if (buffer[received - 1] == '1') {
      must(send(fd, "1", 1, 0), "send");
    }
  }
}

std::vector<std::size_t> parse_sizes(const char* text) {
  std::vector<std::size_t> sizes;
  for (char* end = nullptr; *text != '\0'; text = *end == ',' ? end + 1 : end) {
    sizes.push_back(std::strtoul(text, &end, 10));
    if (end == text || sizes.back() == 0) {
      std::abort();
    }
  }
  return sizes;
}

void pin_to(int cpu) {
  cpu_set_t set;
  CPU_ZERO(&set);
  CPU_SET(static_cast<std::size_t>(cpu), &set);
  must(sched_setaffinity(0, sizeof set, &set), "--cpu");
}

}  // namespace

int main(int argc, char** argv) {
  const option known[] = {{"wait", 1, nullptr, 'w'},   {"cpu", 1, nullptr, 'c'},
                          {"port", 1, nullptr, 'p'},   {"sizes", 1, nullptr, 's'},
                          {"rounds", 1, nullptr, 'n'}, {"shuffle", 0, nullptr, 'o'},
                          {"raw", 0, nullptr, 'r'},    {}};
  Options options;
  for (int key = 0; (key = getopt_long(argc, argv, "", known, nullptr)) != -1;) {
    switch (key) {
      case 'w':
        options.is_spinning = std::string(optarg) == "spin";
        break;
      case 'c':
        pin_to(std::atoi(optarg));
        break;
      case 'p':
        options.port = static_cast<std::uint16_t>(std::atoi(optarg));
        break;
      case 's':
        options.sizes = parse_sizes(optarg);
        break;
      case 'n':
        options.rounds = std::strtoul(optarg, nullptr, 10);
        break;
      case 'o':
        options.is_shuffled = true;
        break;
      case 'r':
        options.is_raw = true;
        break;
      default:
        return 2;
    }
  }
  const std::string mode = optind < argc ? argv[optind] : "";
  if (mode == "time" && optind + 1 == argc) {
    const int fd = accept_one(options.port);
    time_pings(fd, options);
  } else if (mode == "ack" && optind + 2 == argc) {
    const int fd = connect_to(argv[optind + 1], options.port);
    send_acks(fd, options);
  } else {
    std::fputs("usage: see the first lines of bench/bare_pingpong.cpp\n", stderr);
    return 2;
  }
}

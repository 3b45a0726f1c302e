// Any bytes of a browser, from the HTTP request to the request for a run: the server's half never
// throws, never sends more than a page and a few messages, and only gets to a run of a link that
// it has offered. How the bytes are split makes no difference before the connection is a WebSocket.
#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <span>
#include <string>

#include "lib/base/parse.h"
#include "server/web_conversation.h"

namespace {

using namespace tcpstep;
using Stage = Conversation::Stage;

struct Outcome {
  Stage stage;
  std::string sent;
};

Outcome talk(std::span<const std::byte> stream, std::size_t step) {
  static WebSite site({});
  static const WebOffer offer{.sweep = {}, .links = {"wifi", "lte"}};
  WebConversation server(site, offer);
  std::string sent;
  while (!stream.empty()) {
    const auto part = stream.first(std::min(step, stream.size()));
    stream = stream.subspan(part.size());
    sent += server.add(part, {});
  }
  const Request* request = server.request();
  const bool is_wrong =
      (server.stage() == Stage::Failed) != !server.fault().empty() ||
      (request != nullptr) != (server.stage() == Stage::Waiting) || sent.size() > 64 * 1024 ||
      (request != nullptr &&
       std::ranges::find(offer.links, request->sweep.values.link) == offer.links.end()) ||
      (request != nullptr && !request->sweep.values.label.empty() &&
       !is_valid_name(request->sweep.values.label));
  if (is_wrong) {
    std::abort();
  }
  return {server.stage(), sent};
}

// A client that has its WebSocket already, and asks with the fuzzer's bytes.
std::string opened(std::span<const std::byte> stream) {
  return "GET /ws HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: upgrade\r\n"
         "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n" +
         std::string(reinterpret_cast<const char*>(stream.data()), stream.size());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto stream = std::as_bytes(std::span(data, size));
  if (size > 0 && data[0] == 'G') {
    const Outcome whole = talk(stream, size + 1);
    if (size % 4 != 0) {
      return 0;
    }
    const Outcome split = talk(stream, 7);
    if (whole.stage == Stage::Served && split.stage == Stage::Served && whole.sent != split.sent) {
      std::abort();
    }
    return 0;
  }
  const std::string request = opened(stream);
  const auto bytes = std::as_bytes(std::span(request.data(), request.size()));
  const std::size_t head = request.find("\r\n\r\n") + 4;
  talk(bytes, head);
  return 0;
}

// What this server knows of HTTP (RFC 9112): one GET request on a connection, and its response.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <variant>

namespace tcpstep {

inline constexpr std::size_t kLargestHttpRequest = std::size_t{8} * 1024;
inline constexpr std::string_view kEndOfHttpRequest = "\r\n\r\n";

struct HttpRequest {
  std::string target;         // "/", "/runs/...?x": at most the whole request, as it came
  std::string host;           // "192.0.2.1:19902": of a name or an address, and perhaps a port
  std::string origin;         // of the page whose script has sent it; empty if there is none
  std::string user_agent;     // printable, at most 200 bytes; may be empty
  std::string websocket_key;  // empty unless it asks for a WebSocket as RFC 6455 has it
};

// Why a request gets no page.
struct HttpError {
  unsigned status;
  std::string reason;  // in plain English
};

// `bytes` end with kEndOfHttpRequest, and have it only there. Rejects all but GET without content.
[[nodiscard]] std::variant<HttpRequest, HttpError> parse_http_request(std::string_view bytes);

// A whole response, after which the connection closes. `policy` is the Content-Security-Policy,
// `more` has further header lines, each with CRLF.
struct HttpContent {
  std::string_view type;  // "text/html; charset=utf-8"
  std::string_view policy;
  std::string_view more = {};
  std::string body;
};
[[nodiscard]] std::string http_response(const HttpContent& content, unsigned status = 200);
[[nodiscard]] std::string http_response(const HttpError& error);

// The response that makes a connection a WebSocket, without extensions. `key` is the request's.
[[nodiscard]] std::string websocket_response(const std::string& key);

}  // namespace tcpstep

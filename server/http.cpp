#include "server/http.h"

#include <fmt/format.h>

#include <algorithm>
#include <boost/beast/http/empty_body.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/rfc7230.hpp>
#include <boost/beast/websocket/detail/hybi13.hpp>

#include "lib/base/text.h"

namespace tcpstep {
namespace {

namespace beast = boost::beast;
namespace http = beast::http;
using Header = http::request_header<>;

constexpr std::size_t kLongestAgent = 200;
constexpr std::size_t kKeyBytes = 24;  // base64 of 16 bytes

std::string text_in(beast::string_view text) {
  return {text.data(), text.size()};
}

std::string value_of(const Header& header, http::field name) {
  const auto found = header.find(name);
  return found == header.end() ? std::string() : text_in(found->value());
}

// It becomes a part of the policy of pages.
bool is_host(std::string_view text) {
  return !text.empty() && text.size() <= 255 && std::ranges::all_of(text, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           std::string_view(".-_:[]").find(c) != std::string_view::npos;
  });
}

bool is_websocket_key(std::string_view text) {
  return text.size() == kKeyBytes && text.ends_with("==") &&
         std::ranges::all_of(text.substr(0, kKeyBytes - 2), [](char c) {
           return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                  c == '+' || c == '/';
         });
}

// The key of a request for a WebSocket; empty if it is not one.
std::string websocket_key_of(const Header& header) {
  const bool is_upgrade = http::token_list(header[http::field::connection]).exists("upgrade") &&
                          http::token_list(header[http::field::upgrade]).exists("websocket") &&
                          header[http::field::sec_websocket_version] == "13" &&
                          header.count(http::field::sec_websocket_key) == 1;
  const std::string key = value_of(header, http::field::sec_websocket_key);
  return is_upgrade && is_websocket_key(key) ? key : std::string();
}

std::string_view name_of(unsigned status) {
  switch (status) {
    case 403:
      return "Forbidden";
    case 404:
      return "Not Found";
    case 405:
      return "Method Not Allowed";
    case 408:
      return "Request Timeout";
    case 426:
      return "Upgrade Required";
    case 431:
      return "Request Header Fields Too Large";
    case 503:
      return "Service Unavailable";
    default:
      return status == 200 ? "OK" : "Bad Request";
  }
}

}  // namespace

std::variant<HttpRequest, HttpError> parse_http_request(std::string_view bytes) {
  http::request_parser<http::empty_body> parser;
  parser.header_limit(kLargestHttpRequest);
  beast::error_code error;
  const std::size_t parsed = parser.put(boost::asio::buffer(bytes.data(), bytes.size()), error);
  if (error || !parser.is_header_done() || parsed != bytes.size()) {
    return HttpError{400, "This is not a valid HTTP request."};
  }
  const auto& header = parser.get();
  if (header.method() != http::verb::get) {
    return HttpError{405, "Only GET is supported."};
  }
  if (header.count(http::field::content_length) + header.count(http::field::transfer_encoding) >
      0) {
    return HttpError{400, "Requests with content are not accepted."};
  }
  HttpRequest request{
      .target = text_in(header.target()),
      .host = value_of(header, http::field::host),
      .origin = value_of(header, http::field::origin),
      .user_agent = printable(value_of(header, http::field::user_agent), kLongestAgent),
      .websocket_key = websocket_key_of(header)};
  if (header.count(http::field::host) != 1 || !is_host(request.host)) {
    return HttpError{400, "A request needs exactly one Host."};
  }
  if (header.count(http::field::origin) > 1) {
    return HttpError{400, "A request may have only one Origin."};
  }
  return request;
}

std::string http_response(const HttpContent& content, unsigned status) {
  return fmt::format(
      "HTTP/1.1 {} {}\r\nConnection: close\r\nContent-Type: {}\r\nContent-Length: {}\r\n"
      "Content-Security-Policy: {}\r\nX-Content-Type-Options: nosniff\r\n"
      "Referrer-Policy: no-referrer\r\nCross-Origin-Resource-Policy: same-origin\r\n"
      "Cache-Control: no-store\r\n{}\r\n{}",
      status, name_of(status), content.type, content.body.size(), content.policy, content.more,
      content.body);
}

std::string http_response(const HttpError& error) {
  const std::string_view more = error.status == 405 ? "Allow: GET\r\n"
                                : error.status == 426
                                    ? "Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
                                    : "";
  return http_response({.type = "text/plain; charset=utf-8",
                        .policy = "default-src 'none'",
                        .more = more,
                        .body = error.reason + '\n'},
                       error.status);
}

std::string websocket_response(const std::string& key) {
  namespace handshake = beast::websocket::detail;
  handshake::sec_ws_accept_type accept;
  handshake::make_sec_ws_accept(accept, key);
  return fmt::format(
      "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
      "Sec-WebSocket-Accept: {}\r\n\r\n",
      std::string_view(accept.data(), accept.size()));
}

}  // namespace tcpstep

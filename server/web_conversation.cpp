#include "server/web_conversation.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <utility>
#include <variant>

namespace tcpstep {
namespace {

using Kind = WebSocketDecoder::Kind;

constexpr std::string_view kWebSocketTarget = "/ws";
constexpr std::uint32_t kMostLooks = 32;
constexpr std::uint32_t kMostMessages = 1000;  // of any kind; browsers keep none alive by pings

// A script of this server's own page, or no browser at all: a page of somebody else must not make
// its visitors measure.
bool is_from_here(const HttpRequest& request) {
  const auto is_equal = [](char a, char b) {
    return std::tolower(static_cast<unsigned char>(a)) ==
           std::tolower(static_cast<unsigned char>(b));
  };
  return request.origin.empty() ||
         std::ranges::equal(request.origin, "http://" + request.host, is_equal);
}

}  // namespace

std::string WebConversation::add(std::span<const std::byte> bytes, const PathSpeed& path) {
  if (stage_ == Stage::Opening) {
    received_.append(reinterpret_cast<const char*>(bytes.data()), bytes.size());
    const std::size_t end = received_.find(kEndOfHttpRequest);
    if (std::min(end, received_.size()) > kLargestHttpRequest) {
      return reject({431, fmt::format("A request has at most {} bytes.", kLargestHttpRequest)});
    }
    return end == std::string::npos ? std::string() : take_request();
  }
  if (stage_ != Stage::Asking && stage_ != Stage::Waiting) {
    return {};
  }
  try {
    messages_.add(bytes);
    return take_messages(path);
  } catch (const std::exception& error) {
    stage_ = Stage::Failed;
    fault_ = error.what();
    return text_message(web_refusal({.reason = fault_, .hint = {}})) +
           close_message(CloseCode::Protocol);
  }
}

std::string WebConversation::take_request() {
  const std::string bytes = std::exchange(received_, {});
  if (!bytes.ends_with(kEndOfHttpRequest) ||
      bytes.find(kEndOfHttpRequest) + kEndOfHttpRequest.size() != bytes.size()) {
    return reject({400, "One request at a time, without content."});
  }
  const auto parsed = parse_http_request(bytes);
  if (const auto* error = std::get_if<HttpError>(&parsed)) {
    return reject(*error);
  }
  const auto& request = std::get<HttpRequest>(parsed);
  if (request.target == kWebSocketTarget) {
    return open(request);
  }
  stage_ = Stage::Served;
  return site_.respond(request);
}

std::string WebConversation::open(const HttpRequest& request) {
  if (request.websocket_key.empty()) {
    return reject({426, "This address is for WebSockets, version 13."});
  }
  if (!is_from_here(request)) {
    return reject({403, "This page belongs to another server."});
  }
  browser_ = {.user_agent = request.user_agent, .is_browser = !request.origin.empty()};
  stage_ = Stage::Asking;
  return websocket_response(request.websocket_key) + text_message(web_hello(offer_));
}

std::string WebConversation::take_messages(const PathSpeed& path) {
  std::string reply;
  while (auto message = messages_.next()) {
    if (++taken_ > kMostMessages) {
      throw ProtocolError("too many messages");
    }
    switch (message->kind) {
      case Kind::Text:
        reply += take_text(message->content, path);
        break;
      case Kind::Ping:
        reply += pong_message(message->content);
        break;
      case Kind::Pong:
        break;
      case Kind::Close:
        stage_ = Stage::Served;
        return reply + close_message(CloseCode::Normal);
      case Kind::Binary:
        throw ProtocolError("expected text before the run");
    }
  }
  if (stage_ == Stage::Waiting && !messages_.is_empty()) {
    throw ProtocolError("a part of a message while waiting");  // the run begins with whole ones
  }
  return reply;
}

std::string WebConversation::take_text(const std::string& text, const PathSpeed& path) {
  if (stage_ == Stage::Waiting) {
    throw ProtocolError("unexpected message while waiting");
  }
  const WebRequest request = read_web_request(text, offer_);
  if (request.wish == WebWish::Look) {
    if (++looks_ > kMostLooks) {
      throw ProtocolError("too many messages");
    }
    return text_message(web_estimate(offer_, path));
  }
  request_.sweep = request.sweep;
  stage_ = Stage::Waiting;
  return {};
}

std::string WebConversation::reject(const HttpError& error) {
  stage_ = Stage::Failed;
  fault_ = fmt::format("HTTP {}: {}", error.status, error.reason);
  return http_response(error);
}

std::string WebConversation::say(const Queued& place) const {
  return text_message(web_queued(place));
}

std::string WebConversation::say(const Refuse& refusal) const {
  if (stage_ == Stage::Opening) {
    return http_response(HttpError{503, fmt::format("{}: {}", refusal.reason, refusal.hint)});
  }
  return text_message(web_refusal(refusal)) + close_message(CloseCode::GoingAway);
}

std::string WebConversation::say_too_late() const {
  return stage_ == Stage::Opening
             ? http_response(HttpError{408, "The request took too long."})
             : say(Refuse{.reason = "no request came in time", .hint = "Load the page again."});
}

}  // namespace tcpstep

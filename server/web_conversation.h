// A connection to the port of --web: a GET for a page, or a WebSocket that leads to a run.
#pragma once

#include <cstdint>
#include <string>

#include "lib/protocol/websocket.h"
#include "server/conversation.h"
#include "server/web_messages.h"
#include "server/web_site.h"

namespace tcpstep {

class WebConversation : public Conversation {
 public:
  // Both must outlive this.
  WebConversation(WebSite& site, const WebOffer& offer) : site_(site), offer_(offer) {}

  [[nodiscard]] std::string add(std::span<const std::byte> bytes, const PathSpeed& path) override;
  [[nodiscard]] Stage stage() const override { return stage_; }
  [[nodiscard]] const std::string& fault() const override { return fault_; }
  [[nodiscard]] std::string say(const Queued& place) const override;
  [[nodiscard]] std::string say(const Refuse& refusal) const override;
  [[nodiscard]] std::string say_too_late() const override;
  [[nodiscard]] Protocol protocol() const override { return Protocol::WebSocket; }
  [[nodiscard]] const Request* request() const override {
    return stage_ == Stage::Waiting ? &request_ : nullptr;
  }
  [[nodiscard]] std::optional<BrowserFacts> browser() const override { return browser_; }

 private:
  std::string take_request();
  std::string open(const HttpRequest& request);
  std::string take_messages(const PathSpeed& path);
  std::string take_text(const std::string& text, const PathSpeed& path);
  std::string reject(const HttpError& error);

  WebSite& site_;
  const WebOffer& offer_;
  Stage stage_ = Stage::Opening;
  std::string received_;  // of the request
  WebSocketDecoder messages_;
  std::uint32_t taken_ = 0;  // messages
  std::uint32_t looks_ = 0;
  Request request_;
  BrowserFacts browser_;
  std::string fault_;
};

}  // namespace tcpstep

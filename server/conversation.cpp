#include "server/conversation.h"

#include "lib/protocol/messages.h"

namespace tcpstep {

using State = ServerNegotiation::State;

Conversation::Stage NativeConversation::stage() const {
  switch (negotiation_.state()) {
    case State::AwaitingAck:
      return Stage::Opening;
    case State::AwaitingRequest:
    case State::AwaitingMac:
      return Stage::Asking;
    case State::Classic:
    case State::Requested:
      return Stage::Waiting;
    case State::Joined:
      return Stage::Joining;
    case State::Failed:
      break;
  }
  return Stage::Failed;
}

// The classic protocol has no messages, and before the ack it is not known which protocol it is.
bool NativeConversation::is_classic() const {
  return negotiation_.state() == State::Classic || negotiation_.state() == State::AwaitingAck;
}

std::string NativeConversation::say(const Queued& place) const {
  return is_classic() ? std::string() : frame_of(place);
}

std::string NativeConversation::say(const Refuse& refusal) const {
  return is_classic() ? std::string() : frame_of(refusal);
}

Protocol NativeConversation::protocol() const {
  return is_classic() ? Protocol::Classic : Protocol::Negotiated;
}

const Request* NativeConversation::request() const {
  return negotiation_.state() == State::Requested ? &negotiation_.request() : nullptr;
}

}  // namespace tcpstep

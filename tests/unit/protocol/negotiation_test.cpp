#include "lib/protocol/negotiation.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "lib/base/text.h"

namespace tcpstep {
namespace {

using ServerState = ServerNegotiation::State;
using ClientState = ClientNegotiation::State;

Hello hello_with(char digit) {
  return {.tool = "test", .nonce = std::string(64, digit), .limits = {}};
}

// The message in the one frame that `bytes` are.
Message message_in(std::string_view bytes) {
  FrameDecoder decoder;
  decoder.add(bytes_of(bytes));
  return decode(decoder.next().value());
}

TEST(NegotiationTest, LeadsFromTheOpeningPingToAnAccept) {
  const Secret secret("sixteen letters!");
  for (const Secret* shared : {static_cast<const Secret*>(nullptr), &secret}) {
    ServerNegotiation server(hello_with('a'), shared);
    ClientNegotiation client(Request{.sweep = {.values = {.link = "adsl"}, .chosen = {"link"}}},
                             shared);
    EXPECT_EQ(client.add(bytes_of(ServerNegotiation::opening())), "\xB7");
    const std::string hello = server.add(bytes_of("\xB7"));
    const std::string request = client.add(bytes_of(hello));
    const std::string proof = server.add(bytes_of(request));
    EXPECT_EQ(proof.empty(), shared == nullptr);
    ASSERT_EQ(server.state(), ServerState::Requested) << server.fault();
    EXPECT_EQ(server.request().sweep.values.link, "adsl");
    EXPECT_EQ(client.add(bytes_of(proof)), "");
    EXPECT_EQ(client.state(), ClientState::Waiting) << client.fault();
    EXPECT_EQ(server.session().has_value(), shared != nullptr);
    EXPECT_EQ(client.add(bytes_of(frame_of(Queued{.ahead = 3}))), "");
    EXPECT_EQ(client.place()->ahead, 3U);
    EXPECT_EQ(client.add(bytes_of(frame_of(Refuse{.reason = "no", .hint = "ever"}))), "");
    EXPECT_EQ(client.state(), ClientState::Refused);
    EXPECT_EQ(client.refusal().reason, "no");
  }
}

TEST(NegotiationTest, WorksHoweverTheStreamIsSplit) {
  ServerNegotiation server(hello_with('a'), nullptr);
  ClientNegotiation client(Join{.token = std::string(32, '7')}, nullptr);
  std::string to_client = ServerNegotiation::opening();
  std::string to_server;
  for (int i = 0; i < 2000 && server.state() != ServerState::Joined; ++i) {
    std::string& from = to_client.empty() ? to_server : to_client;
    const std::string byte = from.substr(0, 1);
    const bool is_for_client = !to_client.empty();
    from.erase(0, 1);
    (is_for_client ? to_server : to_client) +=
        is_for_client ? client.add(bytes_of(byte)) : server.add(bytes_of(byte));
  }
  EXPECT_EQ(server.state(), ServerState::Joined);
  EXPECT_EQ(server.token(), std::string(32, '7'));
  EXPECT_EQ(client.state(), ClientState::Accepted);
}

// A client that has asked for one round of adsl, and waits.
ClientNegotiation waiting_client() {
  ClientNegotiation client(
      Request{.sweep = {.values = {.link = "adsl", .rounds = 1}, .chosen = {"link", "rounds"}}},
      nullptr);
  static_cast<void>(client.add(bytes_of(ServerNegotiation::opening())));
  static_cast<void>(client.add(bytes_of(frame_of(hello_with('a')))));
  return client;
}

Accept accept_of(const SweepSpec& sweep) {
  return {.run_id = "0", .token = std::string(32, '0'), .sweep = sweep, .pings = 1};
}

TEST(ClientNegotiationTest, HoldsTheServerToTheRequest) {
  const SweepSpec promised{
      .link = "adsl", .rounds = 1, .seed = 7, .interval = std::chrono::seconds(1)};
  ClientNegotiation honest = waiting_client();
  static_cast<void>(honest.add(bytes_of(frame_of(accept_of(promised)))));
  EXPECT_EQ(honest.state(), ClientState::Accepted) << honest.fault();

  SweepSpec other = promised;
  other.rounds = 7;
  other.direction = MeasuredDirection::Up;
  ClientNegotiation deceived = waiting_client();
  static_cast<void>(deceived.add(bytes_of(frame_of(accept_of(other)))));
  EXPECT_EQ(deceived.state(), ClientState::Failed);
  EXPECT_EQ(deceived.fault(),
            "it changed the sweep: rounds 7 instead of 1, direction up instead of down");
}

TEST(ClientNegotiationTest, ASecretIsNotForAServerThatDoesNotAskForOne) {
  const Secret secret("sixteen letters!");
  ClientNegotiation client(Request{}, &secret);
  static_cast<void>(client.add(bytes_of(ServerNegotiation::opening())));
  static_cast<void>(client.add(bytes_of(frame_of(hello_with('a')))));
  EXPECT_EQ(client.state(), ClientState::Failed);
  EXPECT_EQ(client.fault(), "it does not ask for the secret of --secret-file");
}

// A client with a secret that has sent its proof, and what it has sent.
struct ProvenClient {
  explicit ProvenClient(const Secret& secret)
      : client(Request{.sweep = {.values = {.rounds = 1}, .chosen = {"rounds"}}}, &secret) {
    Hello hello = hello_with('a');
    hello.wants_authentication = true;
    said = encode(hello);
    static_cast<void>(client.add(bytes_of(ServerNegotiation::opening())));
    FrameDecoder frames;
    frames.add(bytes_of(client.add(bytes_of(encode_frame(said)))));
    asked = frames.next().value();
    proof = std::get<Authentication>(decode(frames.next().value()));
  }
  void receive(const std::string& frames) { EXPECT_EQ(client.add(bytes_of(frames)), ""); }
  ClientNegotiation client;
  std::string said;
  std::string asked;
  Authentication proof;
};

TEST(ClientNegotiationTest, BelievesOnlyAServerThatProvesTheSecret) {
  const Secret secret("sixteen letters!");
  const Secret other("seventeen letters");
  const std::string accept =
      encode(accept_of({.rounds = 1, .seed = 7, .interval = std::chrono::seconds(1)}));
  const auto mac_frame = [](const std::string& mac) {
    return frame_of(Authentication{.nonce = {}, .mac = mac});
  };
  {
    ProvenClient honest(secret);
    Session server(secret, Role::Server, honest.said, honest.asked, honest.proof.nonce);
    honest.receive(mac_frame(server.prove()));
    honest.receive(encode_frame(accept));
    EXPECT_EQ(honest.client.state(), ClientState::AwaitingSeal) << honest.client.fault();
    honest.receive(mac_frame(server.prove(accept)));
    EXPECT_EQ(honest.client.state(), ClientState::Accepted) << honest.client.fault();
  }
  {
    ProvenClient deceived(secret);
    Session rogue(other, Role::Server, deceived.said, deceived.asked, deceived.proof.nonce);
    deceived.receive(mac_frame(rogue.prove()));
    EXPECT_EQ(deceived.client.fault(), "it does not know the secret of --secret-file");
  }
  ProvenClient reflected(secret);
  reflected.receive(mac_frame(reflected.proof.mac));
  EXPECT_EQ(reflected.client.fault(), "it does not know the secret of --secret-file");
  ProvenClient skipped(secret);
  skipped.receive(encode_frame(accept));
  EXPECT_EQ(skipped.client.fault(), "it does not know the secret of --secret-file");
  ProvenClient changed(secret);  // by a relay that passes all other messages on
  Session server(secret, Role::Server, changed.said, changed.asked, changed.proof.nonce);
  changed.receive(mac_frame(server.prove()));
  changed.receive(encode_frame(accept) + mac_frame(server.prove(accept + " ")));
  EXPECT_THAT(changed.client.fault(), testing::HasSubstr("failed authentication"));
}

TEST(ServerNegotiationTest, AnyOtherAckIsAClassicClients) {
  for (const char* ack : {"1", "0", "G", "\x16"}) {
    ServerNegotiation server(hello_with('a'), nullptr);
    EXPECT_EQ(server.add(bytes_of(ack)), "");
    EXPECT_EQ(server.state(), ServerState::Classic);
  }
}

TEST(ServerNegotiationTest, TwoBytesForTheOpeningPingAreAnErrorWithoutARefusal) {
  ServerNegotiation server(hello_with('a'), nullptr);
  EXPECT_EQ(server.add(bytes_of("GET / HTTP/1.1\r\n")), "");
  EXPECT_EQ(server.state(), ServerState::Failed);
  EXPECT_EQ(server.fault(), "unexpected data from the client");
}

TEST(ServerNegotiationTest, DataWhileTheClientHasToWaitIsAnError) {
  ServerNegotiation classic(hello_with('a'), nullptr);
  static_cast<void>(classic.add(bytes_of("1")));
  EXPECT_EQ(classic.add(bytes_of("1")), "");
  EXPECT_EQ(classic.state(), ServerState::Failed);

  ServerNegotiation asked(hello_with('a'), nullptr);
  static_cast<void>(asked.add(bytes_of("\xB7")));
  static_cast<void>(asked.add(bytes_of(frame_of(Request{}))));
  EXPECT_EQ(asked.state(), ServerState::Requested);
  EXPECT_THAT(std::get<Refuse>(message_in(asked.add(bytes_of("x")))).reason,
              testing::HasSubstr("unexpected data"));
}

TEST(ServerNegotiationTest, ABadFrameIsRefusedWithItsReason) {
  ServerNegotiation server(hello_with('a'), nullptr);
  static_cast<void>(server.add(bytes_of("\xB7")));
  const std::string refusal = server.add(bytes_of("\xB7\xFF\xFF\xFF\xFF"));
  EXPECT_THAT(std::get<Refuse>(message_in(refusal)).reason, testing::HasSubstr("4294967295"));
  EXPECT_EQ(server.state(), ServerState::Failed);
  EXPECT_EQ(server.add(bytes_of("more")), "") << "sent once";
}

TEST(ServerNegotiationTest, WithASecretOnlyAProofIsAccepted) {
  const Secret secret("sixteen letters!");
  const auto state_after = [&](char nonce, const std::string& request, const std::string& mac) {
    ServerNegotiation server(hello_with(nonce), &secret);
    const auto hello = std::get<Hello>(message_in(server.add(bytes_of("\xB7"))));
    EXPECT_TRUE(hello.wants_authentication);
    static_cast<void>(server.add(
        bytes_of(encode_frame(request) + frame_of(Authentication{.nonce = "c", .mac = mac}))));
    EXPECT_EQ(server.is_unauthenticated(), server.state() == ServerState::Failed);
    return server.state();
  };
  const std::string request =
      encode(Request{.sweep = {.values = {.link = "lan"}, .chosen = {"link"}}});
  Hello hello = hello_with('a');
  hello.wants_authentication = true;
  const std::string mac = Session(secret, Role::Client, encode(hello), request, "c").prove();
  EXPECT_EQ(state_after('a', request, mac), ServerState::Requested);
  EXPECT_EQ(state_after('b', request, mac), ServerState::Failed)
      << "replayed on another connection";
  EXPECT_EQ(
      state_after('a', encode(Request{.sweep = {.values = {.link = "wan"}, .chosen = {"link"}}}),
                  mac),
      ServerState::Failed);
  EXPECT_EQ(state_after('a', request, mac.substr(0, 32)), ServerState::Failed) << "truncated";
  EXPECT_EQ(state_after('a', request, ""), ServerState::Failed) << "missing";
  EXPECT_EQ(state_after('a', request, std::string(64, '0')), ServerState::Failed) << "wrong";
}

TEST(ServerNegotiationTest, WithASecretOnlyAMacGetsAnyFurther) {
  const Secret secret("sixteen letters!");
  ServerNegotiation server(hello_with('a'), &secret);
  static_cast<void>(server.add(bytes_of("\xB7")));
  static_cast<void>(server.add(bytes_of(frame_of(Request{}) + frame_of(Request{}))));
  EXPECT_EQ(server.state(), ServerState::Failed);
  EXPECT_TRUE(server.is_unauthenticated());

  ServerNegotiation classic(hello_with('a'), &secret);
  EXPECT_EQ(classic.add(bytes_of("1")), "");
  EXPECT_EQ(classic.state(), ServerState::Failed);
  EXPECT_TRUE(classic.is_unauthenticated());
}

TEST(ClientNegotiationTest, FindsAClassicServer) {
  for (const std::string& payload :
       {std::string("1"), std::string("\0\0\0001", 4), std::string("\xB7\x31"),
        std::string("\xB7\x05\x05\x05\x05\x31"), std::string("\xB7\0\0\0\x31", 5) + "1"}) {
    ClientNegotiation client(Request{}, nullptr);
    EXPECT_EQ(client.add(bytes_of("1")), "\xB7");
    for (const char c : payload) {
      EXPECT_EQ(client.add(bytes_of(std::string(1, c))), "");
    }
    EXPECT_EQ(client.state(), ClientState::Classic) << payload;
    EXPECT_EQ(client.take_rest(), payload);
    EXPECT_TRUE(client.has_acked());
  }
}

TEST(ClientNegotiationTest, TreatsAServerThatBeginsOtherwiseAsClassic) {
  ClientNegotiation client(Request{}, nullptr);
  EXPECT_EQ(client.add(bytes_of("0010001")), "");
  EXPECT_EQ(client.state(), ClientState::Classic);
  EXPECT_EQ(client.take_rest(), "0010001");
  EXPECT_FALSE(client.has_acked());
}

TEST(ClientNegotiationTest, NeedsASecretIfTheServerWantsOne) {
  ClientNegotiation client(Request{}, nullptr);
  static_cast<void>(client.add(bytes_of("1")));
  Hello hello = hello_with('a');
  hello.wants_authentication = true;
  EXPECT_EQ(client.add(bytes_of(frame_of(hello))), "");
  EXPECT_EQ(client.state(), ClientState::Refused);
  EXPECT_THAT(client.refusal().hint, testing::HasSubstr("--secret-file"));
}

TEST(ClientNegotiationTest, NamesAnotherProtocolNumber) {
  ClientNegotiation client(Request{}, nullptr);
  static_cast<void>(client.add(bytes_of("1")));
  static_cast<void>(client.add(bytes_of(encode_frame(R"({"type":"hello","protocol":9})"))));
  EXPECT_EQ(client.state(), ClientState::Failed);
  EXPECT_EQ(client.fault(), "peer uses protocol 9; this version supports 1");
}

TEST(ClientNegotiationTest, RefusesAServerThatSkipsAStep) {
  for (const Message& message :
       {Message(Ready{}), Message(Queued{.ahead = 1}), Message(Stored{})}) {
    ClientNegotiation client(Request{}, nullptr);
    static_cast<void>(client.add(bytes_of("1")));
    static_cast<void>(client.add(bytes_of(frame_of(message))));
    EXPECT_EQ(client.state(), ClientState::Failed);
  }
}

}  // namespace
}  // namespace tcpstep

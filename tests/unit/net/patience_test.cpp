#include "lib/net/patience.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <thread>
#include <utility>

#include "lib/base/fd.h"

namespace tcpstep {
namespace {

using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;

// A pipe that stays empty.
class PatienceTest : public testing::Test {
 protected:
  PatienceTest() {
    std::array<int, 2> ends{};
    EXPECT_EQ(::pipe(ends.data()), 0);
    reader_ = Fd(ends[0]);
    writer_ = Fd(ends[1]);
  }

  // Blocks in read(2), which nothing but a signal can end.
  bool is_interrupted() {
    char byte = 0;
    return ::read(reader_.get(), &byte, 1) < 0 && errno == EINTR;
  }

  Duration wait_in_vain(Patience& patience) {
    const auto begin = Clock::now();
    do {
      EXPECT_TRUE(is_interrupted());
    } while (!patience.is_over());
    return Clock::now() - begin;
  }

 private:
  Fd reader_;
  Fd writer_;
};

TEST_F(PatienceTest, EndsAWaitThatHasNoTimeoutOfItsOwn) {
  Patience patience;
  patience.set_limit(40ms);
  EXPECT_GE(wait_in_vain(patience), 40ms);
}

TEST_F(PatienceTest, BeginsAnewWhenSomethingCame) {
  Patience patience;
  patience.set_limit(40ms);
  wait_in_vain(patience);
  EXPECT_TRUE(patience.is_over());
  const auto begin = Clock::now();
  patience.renew();
  EXPECT_FALSE(patience.is_over());  // from here on it counts
  wait_in_vain(patience);
  EXPECT_GE(Clock::now() - begin, 40ms);
}

TEST_F(PatienceTest, IsThatOfTheThreadWhichSetTheLimit) {
  std::thread waiting([this] {
    Patience patience;
    patience.set_limit(40ms);
    wait_in_vain(patience);
  });
  waiting.join();
}

TEST_F(PatienceTest, MovesWithItsOwner) {
  Patience first;
  first.set_limit(40ms);
  Patience second(std::move(first));
  EXPECT_GE(wait_in_vain(second), 40ms);
}

TEST_F(PatienceTest, LastsForEverWithoutALimit) {
  Patience patience;
  patience.set_limit(1ms);
  patience.set_limit(0ms);
  EXPECT_FALSE(patience.is_over());
  std::this_thread::sleep_for(20ms);
  EXPECT_FALSE(patience.is_over());
}

}  // namespace
}  // namespace tcpstep

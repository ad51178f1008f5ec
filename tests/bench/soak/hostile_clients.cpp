#include "tests/bench/soak/hostile_clients.h"

#include <sys/socket.h>
#include <time.h>

#include <array>
#include <list>
#include <random>

#include "tests/bench/soak/key_connection.h"

namespace edgeseal::bench {
namespace {

using Clock = std::chrono::steady_clock;
using Outcome = Tally::Outcome;
using std::chrono::milliseconds;

constexpr timespec pause{0, 20'000'000};  // between two turns of all connections
constexpr int most_at_once = 64;          // requests, so that the others have a turn
constexpr unsigned flood_size = 10'000;
constexpr milliseconds half_open_time{500};
constexpr std::size_t longest_garbage = wire::max_message_size + 512;

class HostileClient {
 public:
  HostileClient(const KeyUse& key, Hostility how, std::size_t number, Tally& tally)
      : key_(key), how_(how), number_(number), tally_(tally), connection_(key.socket()), random_(number) {}

  void take_turn() {
    if (!connection_.connected() && !begin()) return;
    switch (how_) {
      case Hostility::silent: return drain();
      case Hostility::garbage: return babble();
      case Hostility::half_open: return stay_half_open();
      case Hostility::flood: return flood();
    }
  }

 private:
  bool begin() {
    sent_ = 0;
    since_ = Clock::now();
    return connection_.connect();
  }

  void end() {
    tally_.add(Outcome::lost, {});
    connection_.close();
  }

  void drain() {
    for (int i = 0; i < most_at_once; ++i) switch (connection_.receive()) {
        case KeyConnection::Event::nothing: return;
        case KeyConnection::Event::end: return end();
        case KeyConnection::Event::record: count(KeyConnection::record());
      }
  }

  void count(wire::ByteView record) {
    wire::ResponseHeader header;
    if (!wire::decode(record, header)) return;
    const bool busy = header.status == wire::Status::busy;
    tally_.add(header.status == wire::Status::ok ? Outcome::answered : busy ? Outcome::busy : Outcome::wrong, {});
  }

  bool request() {
    std::array<std::byte, 256> out{};
    const std::array<std::byte, 32> digest{};
    if (!connection_.send(key_.request(++sent_, digest, out))) return false;
    tally_.add(Outcome::sent, {});
    return true;
  }

  void babble() {
    std::vector<std::byte> record(std::uniform_int_distribution<std::size_t>(1, longest_garbage)(random_));
    for (std::byte& byte : record) byte = static_cast<std::byte>(random_());
    if (connection_.send(record)) tally_.add(Outcome::sent, {});
    drain();
  }

  void stay_half_open() {
    if (sent_ == 0) open_half();
    if (Clock::now() - since_ > half_open_time) end();
  }

  void open_half() {
    switch (++half_ % 4) {
      case 0: return half_a_request();
      case 1: return (void)request(), connection_.shut(SHUT_WR);
      case 2: return (void)request(), connection_.shut(SHUT_RD);
      default:  // until the socket takes no more
        while (request()) continue;
    }
  }

  void half_a_request() {
    constexpr std::array half_a_header{std::byte{1}, std::byte{0}, std::byte{3}, std::byte{0}};
    ++sent_;
    if (connection_.send(half_a_header)) tally_.add(Outcome::sent, {});
  }

  void flood() {
    for (int i = 0; i < most_at_once && request();) ++i;
    if (sent_ >= flood_size) return end();
    drain();
  }

  const KeyUse& key_;
  const Hostility how_;
  const std::size_t number_;
  Tally& tally_;
  KeyConnection connection_;
  std::minstd_rand random_;
  Clock::time_point since_;
  std::uint32_t sent_ = 0;
  std::size_t half_ = number_;
};

}  // namespace

void misbehave(const KeyUse& key, Hostility how, std::size_t connections, const Population::Life& life) {
  std::list<HostileClient> clients;
  for (std::size_t i = 0; i < connections; ++i) clients.emplace_back(key, how, i, life.tally);
  while (!life.over) {
    for (HostileClient& client : clients) client.take_turn();
    ::nanosleep(&pause, nullptr);
  }
}

}  // namespace edgeseal::bench

#include "tests/bench/soak/signers.h"

#include <fmt/format.h>
#include <openssl/rand.h>
#include <poll.h>

#include <algorithm>
#include <array>
#include <list>
#include <optional>
#include <vector>

#include "tests/bench/soak/key_connection.h"

namespace edgeseal::bench {
namespace {

using Clock = std::chrono::steady_clock;
using Outcome = Tally::Outcome;
using std::chrono::milliseconds;

constexpr milliseconds pause{20};         // between looks at what is due
constexpr unsigned most_connections = 4;  // for one request
constexpr std::uint32_t verified_each = 16;

class Signer {
 public:
  Signer(const KeyUse& key, Tally& tally, Clock::duration period, Clock::duration deadline, Clock::time_point first)
      : key_(key), tally_(tally), connection_(key.socket()), period_(period), deadline_(deadline), next_(first) {}

  [[nodiscard]] bool waiting() const { return asked_.has_value(); }
  [[nodiscard]] int descriptor() const { return connection_.descriptor(); }

  void begin_if_due(Clock::time_point now) {
    if (waiting() || now < next_) return;
    next_ = std::max(next_ + period_, now);
    RAND_bytes(reinterpret_cast<unsigned char*>(digest_.data()), static_cast<int>(digest_.size()));
    ++id_;
    connections_ = 0;
    asked_ = now;
    tally_.add(Outcome::sent, {});
    if (connection_.connected() ? !transmit() : !connect()) connection_.close();
  }

  // Asks again where the connection has ended, and gives up at the deadline.
  void attend(Clock::time_point now) {
    if (!waiting()) return;
    if (now - *asked_ >= deadline_) return finish(connections_ > most_connections ? Outcome::lost : Outcome::late);
    if (!connection_.connected() && connections_ <= most_connections) (void)connect();
  }

  void receive() {
    switch (connection_.receive()) {
      case KeyConnection::Event::nothing: return;
      case KeyConnection::Event::end: return connection_.close();
      case KeyConnection::Event::record: return judge(KeyConnection::record());
    }
  }

 private:
  bool connect() {
    if (!connection_.connect()) return false;
    ++connections_;
    return transmit();
  }

  bool transmit() {
    std::array<std::byte, 256> out{};
    return connection_.send(key_.request(id_, digest_, out));
  }

  void judge(wire::ByteView record) {
    wire::ResponseHeader header;
    if (!waiting() || !wire::decode(record, header)) return fail("an answer that nobody asked for");
    wire::ErrorResponse error;
    if (header.status == wire::Status::busy && (header.request_id == id_ || header.request_id == 0))
      return finish(Outcome::busy);
    if (header.status != wire::Status::ok)
      return fail(fmt::format("status {}: {}", static_cast<int>(header.status),
                              wire::decode(record, error) ? error.text : "?"));
    wire::SignResponse response;
    if (header.request_id != id_ || !wire::decode(record, response)) return fail("the answer to another request");
    if (id_ % verified_each == 0 && !key_.verifies(response.signature, digest_))
      return fail("a signature that does not verify");
    finish(Outcome::answered);
  }

  void fail(const std::string& problem) {
    tally_.add_wrong(problem);
    asked_.reset();
    connection_.close();
  }

  void finish(Outcome outcome) {
    tally_.add(outcome, Clock::now() - *asked_);
    asked_.reset();
    if (outcome == Outcome::late || outcome == Outcome::lost) connection_.close();
  }

  const KeyUse& key_;
  Tally& tally_;
  KeyConnection connection_;
  const Clock::duration period_;
  const Clock::duration deadline_;
  Clock::time_point next_;
  std::optional<Clock::time_point> asked_;
  std::uint32_t id_ = 0;
  unsigned connections_ = 0;  // for this request
  std::array<std::byte, 32> digest_{};
};

void wait_for_answers(std::list<Signer>& signers, std::vector<pollfd>& polled) {
  polled.clear();
  for (const Signer& signer : signers) polled.push_back({signer.descriptor(), POLLIN, 0});  // -1 is left out
  ::poll(polled.data(), polled.size(), static_cast<int>(pause.count()));
  auto waited = polled.begin();
  for (Signer& signer : signers)
    if ((waited++)->revents != 0) signer.receive();
}

}  // namespace

void sign_honestly(const KeyUse& key, const SigningHabit& habit, const Population::Life& life) {
  const auto period = std::chrono::duration_cast<Clock::duration>(std::chrono::duration<double>(1 / habit.per_second));
  const auto begin = Clock::now();
  std::list<Signer> signers;
  for (std::size_t i = 0; i < habit.connections; ++i)
    signers.emplace_back(key, life.tally, period, habit.deadline, begin + period * i / habit.connections);
  std::vector<pollfd> polled;
  while (!life.over || std::ranges::any_of(signers, &Signer::waiting)) {
    wait_for_answers(signers, polled);
    const auto now = Clock::now();
    for (Signer& signer : signers) {
      if (!life.over) signer.begin_if_due(now);
      signer.attend(now);
    }
  }
}

}  // namespace edgeseal::bench

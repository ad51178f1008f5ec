#include "agent/event_loop.h"

#include <sys/epoll.h>
#include <sys/eventfd.h>

#include <boost/test/unit_test.hpp>
#include <latch>
#include <string>
#include <thread>

#include "policy/unique_fd.h"

using namespace edgeseal;
using agent::EventLoop;

namespace {

// A descriptor that is always ready, and what the loop does then.
class AlwaysReady {
 public:
  AlwaysReady(EventLoop& loop, EventLoop::Callback callback)
      : descriptor_(::eventfd(1, EFD_CLOEXEC)),
        source_(
            loop.add_io(descriptor_.get(), EPOLLIN, [callback = std::move(callback)](std::uint32_t) { callback(); })) {}
  void stop() { source_.set_io_events(0); }

 private:
  policy::UniqueFd descriptor_;
  EventLoop::Source source_;
};

struct Fixture {
  EventLoop loop;
  std::string done;
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(event_loop, Fixture)

BOOST_AUTO_TEST_CASE(what_the_loop_posts_to_itself_comes_after_what_is_ready) {
  AlwaysReady first(loop, [&] {
    first.stop();
    done += 'a';
    loop.post([&] { done += 'p', loop.stop(); });
  });
  AlwaysReady second(loop, [&] { second.stop(), done += 'b'; });
  loop.run();
  BOOST_TEST(done == "abp");
}

BOOST_AUTO_TEST_CASE(sources_that_are_always_ready_do_not_hold_up_what_the_loop_posts_to_itself) {
  AlwaysReady hungry(loop, [&] {
    if (done.empty()) loop.post([&] { loop.stop(); });
    done += '.';
  });
  loop.run();
  BOOST_TEST(done.size() < 100u);
}

BOOST_AUTO_TEST_CASE(what_a_posted_task_posts_runs_in_a_later_turn) {
  loop.post([&] {
    loop.post([&] { done += '2', loop.stop(); });
    done += '1';
  });
  loop.run();
  BOOST_TEST(done == "12");
}

BOOST_AUTO_TEST_CASE(a_posted_task_that_throws_does_not_stop_those_behind_it) {
  loop.post([&] {
    loop.post([] { throw std::runtime_error("of one task"); });
    loop.post([&] { done += '2', loop.stop(); });
  });
  loop.run();
  BOOST_TEST(done == "2");
}

BOOST_AUTO_TEST_CASE(other_threads_post_while_the_loop_sleeps) {
  std::latch running(1);
  loop.post([&] { running.count_down(); });
  std::jthread other([&] {
    running.wait();
    loop.post([&] { done = std::this_thread::get_id() == other.get_id() ? "there" : "here", loop.stop(); });
  });
  loop.run();
  BOOST_TEST(done == "here");
}

BOOST_AUTO_TEST_SUITE_END()

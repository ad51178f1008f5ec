#include "dbus/open_calls.h"

#include <algorithm>
#include <functional>
#include <map>
#include <numeric>
#include <utility>

namespace edgeseal::dbus {
namespace {

CallError too_many(const std::string& whose) {
  return {"TooManyOperations", "too many calls of " + whose + " wait for an answer; try again when one is answered"};
}

size_t weight(const std::vector<std::shared_ptr<OpenCall>>& calls) {
  return std::transform_reduce(calls.begin(), calls.end(), size_t{0}, std::plus<>(),
                               [](const auto& call) { return call->weight(); });
}

}  // namespace

void OpenCalls::admit(const CallPtr& call) {
  std::erase_if(open_, [](const auto& open) { return open.expired() || open.lock()->answered(); });
  const auto of_connection = open([&](const OpenCall& open) { return open.caller_name() == call->caller_name(); });
  if (weight(of_connection) + call->weight() > most_of_connection) throw too_many("this connection");
  if (!call->identified()) {
    auto unidentified = open([](const OpenCall& open) { return !open.identified(); });
    unidentified.push_back(call);
    make_room(std::move(unidentified), most_unidentified, *call, &OpenCall::caller_name);
  }
  open_.push_back(call);
}

void OpenCalls::identify(const CallPtr& call, Caller caller) {
  call->identify(std::move(caller));
  const auto identified = open([](const OpenCall& open) { return open.identified(); });
  const auto of_account =
      open([&](const OpenCall& open) { return open.identified() && open.caller_uid() == call->caller_uid(); });
  if (weight(of_account) > most_of_account) throw too_many("this account");
  make_room(identified, most, *call, [](const OpenCall& open) { return std::to_string(open.caller_uid()); });
}

void OpenCalls::make_room(std::vector<CallPtr> calls, size_t limit, const OpenCall& newcomer, const Owner& owner) {
  while (weight(calls) > limit) {
    std::map<std::string, std::vector<CallPtr>> owners;
    for (const CallPtr& call : calls)
      if (!call->decided()) owners[owner(*call)].push_back(call);
    const auto greediest = std::ranges::max_element(owners, {}, [](const auto& entry) { return weight(entry.second); });
    if (weight(greediest->second) <= weight(owners[owner(newcomer)])) throw too_many("all accounts");
    greediest->second.back()->refuse(too_many("this account"));
    std::erase(calls, greediest->second.back());
  }
}

std::vector<OpenCalls::CallPtr> OpenCalls::take(const std::function<bool(const OpenCall&)>& condition) {
  std::vector<CallPtr> taken;
  for (const auto& open : std::exchange(open_, {})) {
    auto call = open.lock();
    if (call && condition(*call)) {
      taken.push_back(std::move(call));
    } else {
      open_.push_back(open);
    }
  }
  return taken;
}

std::vector<OpenCalls::CallPtr> OpenCalls::open(const std::function<bool(const OpenCall&)>& condition) const {
  std::vector<CallPtr> calls;
  for (const auto& open : open_) {
    auto call = open.lock();
    if (call && !call->answered() && condition(*call)) calls.push_back(std::move(call));
  }
  return calls;
}

}  // namespace edgeseal::dbus

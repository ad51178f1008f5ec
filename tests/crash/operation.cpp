#include "tests/crash/operation.h"

#include <chrono>

namespace edgeseal::crash {
namespace {

constexpr const char* new_application = "third";
constexpr std::chrono::minutes expiry_patience{1};

Operation renewal() {
  return {.name = "certificate", .run = [](Client& client, Change& change) {
            client.stage_certificate(kHttpsSlot, change);
            client.apply(kApplication);
          }};
}

Operation renewal_of_two_groups() {
  return {.name = "certificates of two groups", .run = [](Client& client, Change& change) {
            client.stage_certificate(kHttpsSlot, change);
            client.stage_certificate(kOpcUaSlot, change);
            client.apply(kApplication);
          }};
}

Operation key_from_outside() {
  return {.name = "certificate with its key", .run = [](Client& client, Change& change) {
            client.stage_pair(kHttpsSlot, change);
            client.apply(kApplication);
          }};
}

Operation deletion_of_certificate() {
  return {.name = "delete certificate", .run = [](Client& client, Change&) {
            client.stage_deletion(kHttpsSlot);
            client.apply(kApplication);
          }};
}

Operation trust_list() {
  return {.name = "trust list", .run = [](Client& client, Change& change) {
            client.write_list(kHttpsGroup, client.plant().full_list(), change);
            client.apply(kApplication);
          }};
}

Operation certificate_and_trust_lists() {
  return {.name = "certificate and trust lists", .run = [](Client& client, Change& change) {
            client.stage_list(kHttpsGroup, client.plant().full_list(), change);
            client.stage_list(kOpcUaGroup, client.plant().full_list(), change);
            client.stage_certificate(kHttpsSlot, change);
            client.apply(kApplication);
          }};
}

void change_for(Client& client, std::uint32_t seconds, Change& change) {
  client.stage_list(kHttpsGroup, client.plant().full_list(), change);
  client.stage_certificate(kHttpsSlot, change);
  client.apply(kApplication, {{"confirm-within", sdbus::Variant(seconds)}});
}

Operation changes_to_confirm() {
  return {.name = "changes to be confirmed",
          .run = [](Client& client, Change& change) { change_for(client, kAnHour, change); }};
}

Operation roll_back() {
  return undone_at_start("roll back at start", change_for);
}

Operation reset() {
  return {.name = "reset", .run = [](Client& client, Change&) { client.reset(kApplication); }};
}

Operation publication() {
  return {.name = "publication at start",
          .interrupt = [](Client& client) { client.renew(kHttpsSlot); },
          .interrupt_at = "renameat2"};
}

Operation creation() {
  return {.name = "create application",
          .run = [](Client& client, Change&) { client.create(new_application, {"https/https=ec-p256"}); }};
}

Operation deletion() {
  return {.name = "delete application", .run = [](Client& client, Change&) { client.remove(kApplication); }};
}

Operation end_of_retired_keys() {
  return {.name = "end of retired keys", .run = [](Client& client, Change&) { client.destroy_retired(kHttpsSlot); }};
}

}  // namespace

std::function<void(Client&)> unconfirmed(ChangeFor change, std::uint32_t seconds) {
  return [change, seconds](Client& client) {
    Change ignored;
    change(client, seconds, ignored);
  };
}

Operation undone_at_start(const std::string& name, ChangeFor change) {
  return {.name = name,
          .prepare = unconfirmed(change, kAMoment),
          .interrupt =
              [](Client& client) {
                const auto deadline = std::chrono::steady_clock::now() + expiry_patience;
                while (std::chrono::steady_clock::now() < deadline) client.wait_for_answer();
              },
          .interrupt_at = "pwrite64"};
}

void make_applications(Client& client) {
  client.create(kApplication, {"https/https=ec-p256", "application/ecc-nist-p256=ec-p256"});
  client.create(kBystander, {"https/https=ec-p256"});
}

void furnish(Client& client) {
  Change change;
  when_seal_is_open([&] { client.stage_list(kHttpsGroup, client.plant().own_list(), change); });
  client.stage_certificate(kOpcUaSlot, change);
  client.apply(kApplication);
  for (const SlotName& slot : {kHttpsSlot, kBystanderSlot, kHttpsSlot}) client.renew(slot);
}

const std::vector<Operation>& operations() {
  static const std::vector<Operation> all{renewal(),
                                          renewal_of_two_groups(),
                                          key_from_outside(),
                                          deletion_of_certificate(),
                                          trust_list(),
                                          certificate_and_trust_lists(),
                                          changes_to_confirm(),
                                          roll_back(),
                                          reset(),
                                          publication(),
                                          creation(),
                                          deletion(),
                                          end_of_retired_keys()};
  return all;
}

}  // namespace edgeseal::crash

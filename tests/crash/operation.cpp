#include "tests/crash/operation.h"

namespace edgeseal::crash {
namespace {

constexpr const char* new_application = "third";

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

Operation publication() {
  return {.name = "publication at start",
          .prepare = [](Client& client) { client.renew(kHttpsSlot); },
          .prepare_until = "renameat2"};
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

void furnish(Client& client) {
  client.create(kApplication, {"https/https=ec-p256", "application/ecc-nist-p256=ec-p256"});
  client.create(kBystander, {"https/https=ec-p256"});
  for (const SlotName& slot : {kHttpsSlot, kOpcUaSlot, kBystanderSlot}) client.renew(slot);
  client.renew(kHttpsSlot);
}

const std::vector<Operation>& operations() {
  static const std::vector<Operation> all{renewal(),  renewal_of_two_groups(), publication(), creation(),
                                          deletion(), end_of_retired_keys()};
  return all;
}

}  // namespace edgeseal::crash

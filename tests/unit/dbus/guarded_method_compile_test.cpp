// Compiled by a test, once as it is and once with the second member, which must not compile.

#include "dbus/guarded_method.h"

using edgeseal::dbus::GuardedMethod;
using edgeseal::dbus::Privilege;

static_assert(GuardedMethod("org.edgeseal.Agent1.CreateApplication").privilege() == Privilege::ManageApplications);
static_assert(GuardedMethod("org.edgeseal.CertificateGroup1.ApplyChanges").privilege() ==
              Privilege::ManageCertificates);
static_assert(GuardedMethod("org.edgeseal.Agent1.Describe").privilege() == Privilege::Inspect);

#ifdef UNDECLARED
constexpr GuardedMethod kUndeclared("org.edgeseal.Agent1.NoSuchMethod");
#endif

# Who may do what (bus, polkit), the default configuration, and the activation of the provider.

install(FILES org.edgeseal.Agent1.conf org.edgeseal.Enroll1.conf DESTINATION ${CMAKE_INSTALL_FULL_DATADIR}/dbus-1/system.d)
install(FILES org.edgeseal.policy DESTINATION ${CMAKE_INSTALL_FULL_DATADIR}/polkit-1/actions)
install(FILES org.edgeseal.rules DESTINATION ${CMAKE_INSTALL_FULL_DATADIR}/polkit-1/rules.d)
install(FILES openssl.cnf DESTINATION ${CMAKE_INSTALL_FULL_DATADIR}/edgeseal)
install(FILES edgeseal.toml DESTINATION ${CMAKE_INSTALL_FULL_SYSCONFDIR}/edgeseal)
install(DIRECTORY DESTINATION ${CMAKE_INSTALL_FULL_SYSCONFDIR}/edgeseal/applications.d)
install(DIRECTORY DESTINATION ${CMAKE_INSTALL_FULL_SYSCONFDIR}/edgeseal/enrolment.d)
install(DIRECTORY DESTINATION ${CMAKE_INSTALL_FULL_SYSCONFDIR}/edgeseal/pcr-approvals.d)

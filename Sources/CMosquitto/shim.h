#include <mosquitto.h>
#include <mqtt_protocol.h>
// Swift's Glibc module leaves it out; a connection polls one beside its socket.
#include <sys/eventfd.h>

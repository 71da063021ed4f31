/* A Modbus slave made of libmodbus: a second opinion that has nothing in common with ours or pymodbus's.
 *
 *   libmodbus_server rtu DEVICE BAUDRATE ADDRESS
 *   libmodbus_server tcp PORT
 *
 * Input registers 1 and 2 hold -10.0 degrees and 64.0 %, holding register 0x0101 the address, coils 0..15 are relays.
 * It says "ready" when it listens, and ends when its input ends.
 */
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <modbus/modbus.h>

static int ended(void)
{
    struct pollfd input = {STDIN_FILENO, POLLIN, 0};
    return poll(&input, 1, 0) > 0;
}

int main(int argc, char **argv)
{
    int tcp = argc == 3 && strcmp(argv[1], "tcp") == 0;
    if (!tcp && !(argc == 5 && strcmp(argv[1], "rtu") == 0))
        return 2;
    modbus_t *bus = tcp ? modbus_new_tcp("127.0.0.1", atoi(argv[2])) : modbus_new_rtu(argv[2], atoi(argv[3]), 'N', 8, 1);
    modbus_mapping_t *map = modbus_mapping_new(16, 0, 0x0102, 3);
    uint8_t query[MODBUS_TCP_MAX_ADU_LENGTH];
    int listening = -1;
    if (bus == NULL || map == NULL)
        return 1;
    map->tab_input_registers[1] = 0xFF9C;
    map->tab_input_registers[2] = 640;
    modbus_set_indication_timeout(bus, 0, 100000);
    if (tcp) {
        listening = modbus_tcp_listen(bus, 1);
        map->tab_registers[0x0101] = 1;
    } else {
        modbus_set_slave(bus, atoi(argv[4]));
        map->tab_registers[0x0101] = atoi(argv[4]);
        if (modbus_connect(bus) == -1)
            return 1;
    }
    puts("ready");
    fflush(stdout);
    if (tcp && modbus_tcp_accept(bus, &listening) == -1)
        return 1;
    while (!ended()) {
        int length = modbus_receive(bus, query);
        if (length > 0)
            modbus_reply(bus, query, length, map);
        else if (length == -1 && tcp && errno != ETIMEDOUT)
            break;
    }
    modbus_mapping_free(map);
    modbus_close(bus);
    modbus_free(bus);
    return 0;
}

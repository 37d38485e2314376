"""Machines that are unlike those of `trees`: old, industrial, half broken, in a container, or no Jetson at all.

Made from what NVIDIA's and the kernel's documentation say of them; where a public listing shows a value, it is of that
size. They are there for what is odd about them, which each one's text says.
"""

from __future__ import annotations

from tests.device.board.nvpmodel import Mode, conf
from tests.device.board.trees import (
    Files,
    cpus,
    fan,
    gpu,
    jetson,
    memory,
    monitor,
    nvme,
    over_current,
    zones,
)

ORIN = "nvidia,tegra234"


def agx_orin_industrial() -> Files:
    """A cluster of the CPU is off; the rails are spread over two chips; eMMC with its boot parts, and SPI flash."""
    modes = [
        Mode(0, "MAXN", 12, 0, -1, -1, 0),
        Mode(1, "MODE_35W", 8, 240, 1_728_000, 612_000_000, 3_199_000_000),
        Mode(2, "MODE_75W", 12, 0, 1_574_400, 816_000_000, 3_199_000_000),
    ]
    off = "sys/devices/system/cpu/cpufreq/policy8"
    return {
        **jetson("NVIDIA Jetson AGX Orin Developer Kit Industrial", "R36 (release), REVISION: 4.4"),
        "proc/device-tree/compatible": f"nvidia,p3737-0000+p3701-0008\0nvidia,p3701-0008\0{ORIN}\0",
        "etc/nvpmodel.conf": conf(modes, 1, "CPU_A78", (0, 4, 8), 12, "/sys/class/devfreq/17000000.gpu"),
        "var/lib/nvpmodel/status": "pmode:0001\n",
        **gpu("17000000.gpu", 612_000_000, 612_000_000, 612_000_000, 1_185_000_000),
        **cpus([(0, 3), (4, 7)], 1_728_000, 1_728_000, 1_728_000, 2_035_200),
        f"{off}/affected_cpus": "\n",
        f"{off}/related_cpus": "8 9 10 11\n",
        f"{off}/scaling_cur_freq": "<unknown>\n",
        f"{off}/scaling_min_freq": "729600\n",
        f"{off}/scaling_max_freq": "2035200\n",
        **monitor(3, [("VIN_SYS_5V0", 4968, 953), ("NC", 0, 0), ("VDD_GPU_SOC", 12_000, 430)]),
        **monitor(4, [("VDDQ_VDD2_1V8AO", 4968, 80), ("VDD_CPU_CV", 12_000, 220)]),
        **over_current(5, 0, 4, 0),
        **zones({"cpu-thermal": 61_000, "tj-thermal": 61_500}),
        **memory(64_349_164, 58_209_100, 0),
        "sys/block/mmcblk0/size": "124190720\n",
        "sys/block/mmcblk0/device/type": "MMC\n",
        "sys/block/mmcblk0boot0/size": "8192\n",
        "sys/block/mmcblk0boot1/size": "8192\n",
        "sys/block/mmcblk0rpmb/size": "8192\n",
        "sys/block/mtdblock0/size": "131072\n",
        "proc/mounts": "/dev/mmcblk0p1 / ext4 rw,relatime 0 0\n",
    }


def orin_nano_4gb() -> Files:
    """Nobody has set a power mode: there is no status file. Its mode 0 is 10 W."""
    modes = [
        Mode(0, "10W", 6, 252, 1_510_400, 625_000_000, 2_133_000_000),
        Mode(1, "7W_AI", 4, 252, 806_400, 625_000_000, 2_133_000_000),
        Mode(2, "7W_CPU", 4, 254, 1_305_600, 420_000_000, 2_133_000_000),
    ]
    return {
        **jetson("NVIDIA Jetson Orin Nano Developer Kit", "R36 (release), REVISION: 3.0"),
        "proc/device-tree/compatible": f"nvidia,p3768-0000+p3767-0004\0nvidia,p3767-0004\0{ORIN}\0",
        "etc/nvpmodel.conf": conf(modes, 0, "CPU_A78", (0, 4), 6, "/sys/class/devfreq/17000000.gpu"),
        **gpu("17000000.gpu", 306_000_000, 306_000_000, 624_750_000, 624_750_000),
        **cpus([(0, 3), (4, 5)], 729_600, 729_600, 1_510_400, 1_510_400),
        **monitor(1, [("VDD_IN", 5024, 800), ("VDD_CPU_GPU_CV", 5024, 100), ("VDD_SOC", 5024, 240)]),
        **memory(3_612_712, 1_343_220, 1_800_000),
        **nvme(),
    }


def agx_xavier_jetpack_4() -> Files:
    """Six rails beside each other in the old kernel's way; nvpmodel tells clusters by names of its own."""
    modes = [
        Mode(0, "MAXN", 8, None, -1, -1, -1),
        Mode(1, "MODE_10W", 2, None, 1_200_000, 520_000_000, 1_066_000_000),
        Mode(3, "MODE_30W_ALL", 8, None, 1_200_000, 905_250_000, 1_600_000_000),
    ]
    first = _old_monitor("1-0040", [("GPU", 12_160, 30), ("CPU", 12_160, 60), ("SOC", 12_160, 120)])
    second = _old_monitor("1-0041", [("CV", 12_160, 0), ("VDDRQ", 12_160, 30), ("SYS5V", 4_740, 400)])
    folder = "sys/devices/17000000.gv11b/devfreq/17000000.gv11b"
    return {
        **jetson("Jetson-AGX", "R32 (release), REVISION: 7.4"),
        "proc/device-tree/compatible": "nvidia,p2972-0000\0nvidia,tegra194\0",
        "etc/nvpmodel.conf": conf(modes, 3, "CPU_CARMEL", (0, 2, 4, 6), 8, f"/{folder}"),
        "var/lib/nvpmodel/status": "pmode:0003 fmode:quiet\n",
        f"{folder}/cur_freq": "318750000\n",
        f"{folder}/min_freq": "318750000\n",
        f"{folder}/max_freq": "905250000\n",
        **cpus([(0, 1), (2, 3), (4, 5), (6, 7)], 1_190_400, 1_190_400, 1_190_400, 2_265_600),
        **first,
        **second,
        **over_current(2, 3, 0, 0),
        **zones({"CPU-therm": 33_000, "GPU-therm": 32_500, "PMIC-Die": 100_000, "thermal-fan-est": 33_000}),
        **memory(16_286_952, 14_101_220, 8_143_472),
    }


def tx2_jetpack_4() -> Files:
    """Two kinds of cores; core 0 stands in no mode; the input is on the second of two chips."""
    text = "\n".join(
        [
            "< PARAM TYPE=FILE NAME=CPU_ONLINE >",
            *(f"CORE_{core} /sys/devices/system/cpu/cpu{core}/online" for core in range(1, 6)),
            "< PARAM TYPE=CLOCK NAME=CPU_DENVER >",
            "MAX_FREQ /sys/devices/system/cpu/cpu1/cpufreq/scaling_max_freq",
            "< PARAM TYPE=CLOCK NAME=CPU_A57 >",
            "MAX_FREQ /sys/devices/system/cpu/cpu0/cpufreq/scaling_max_freq",
            "< POWER_MODEL ID=0 NAME=MAXN >",
            *(f"CPU_ONLINE CORE_{core} 1" for core in range(1, 6)),
            "CPU_A57 MAX_FREQ 2035200",
            "CPU_DENVER MAX_FREQ 2035200",
            "GPU MAX_FREQ 1300500000",
            "EMC MAX_FREQ 1866000000",
            "< POWER_MODEL ID=3 NAME=MAXP_CORE_ARM >",
            *(f"CPU_ONLINE CORE_{core} {int(core > 2)}" for core in range(1, 6)),
            "CPU_A57 MAX_FREQ 2035200",
            "GPU MAX_FREQ 1122000000",
            "EMC MAX_FREQ 1600000000",
            "< PM_CONFIG DEFAULT=3 >",
        ]
    )
    folder = "sys/devices/17000000.gp10b/devfreq/17000000.gp10b"
    return {
        **jetson("quill", "R32 (release), REVISION: 7.6"),
        "proc/device-tree/compatible": "nvidia,quill\0nvidia,tegra186\0",
        "etc/nvpmodel.conf": text,
        "var/lib/nvpmodel/status": "pmode:0003 fmode:cool",
        f"{folder}/cur_freq": "114750000\n",
        f"{folder}/min_freq": "114750000\n",
        f"{folder}/max_freq": "1122000000\n",
        **_old_monitor("0-0040", [("VDD_SYS_GPU", 19_072, 0), ("VDD_SYS_SOC", 19_072, 16), ("VDD_4V0_WIFI", 4_784, 8)]),
        **_old_monitor("0-0041", [("VDD_IN", 19_056, 116), ("VDD_SYS_CPU", 19_072, 16), ("VDD_SYS_DDR", 4_768, 60)]),
        **zones({"BCPU-therm": 38_000, "PLL-therm": 37_500, "PMIC-Die": 100_000, "Tdiode_tegra": -256_000}),
        **memory(8_046_152, 6_101_220, 4_023_072),
    }


def thor_without_its_carriers_monitor() -> Files:
    """L4T 38.2 on somebody's own carrier: no INA238, no memory clock, a GPU that may be asked for nothing now."""
    return {
        **jetson("Somebody's Box on NVIDIA Jetson T5000", "R38 (release), REVISION: 2.0"),
        "proc/device-tree/compatible": "somebody,box\0nvidia,p3834-0008\0nvidia,tegra264\0",
        "sys/class/devfreq/gpu-gpc-0/cur_freq": "0\n",
        "sys/class/devfreq/gpu-gpc-0/min_freq": "0\n",
        "sys/class/devfreq/gpu-gpc-0/max_freq": "0\n",
        **cpus([(0, 13)], 2_601_000, 54_000, 2_601_000, 2_601_000),
        **monitor(1, [("VDD_GPU", 11_950, 40), ("VDD_CPU_SOC_MSS", 11_950, 545), ("VIN_SYS_5V0", 4970, 1312)]),
        **memory(128_771_508, 120_110_012, 0),
    }


def orin_nx_on_another_carrier() -> Files:
    """The carrier has a chip of three rails and an INA238 of its own; the whole that is known is the module's input."""
    return {
        **jetson("Vendor Box with Orin NX", "R36 (release), REVISION: 4.3"),
        "proc/device-tree/compatible": f"vendor,box\0nvidia,p3767-0000\0{ORIN}\0",
        **gpu("17000000.ga10b", 306_000_000, 306_000_000, 918_000_000, 918_000_000),
        **monitor(1, [("VDD_IN", 4976, 2208), ("VDD_CPU_GPU_CV", 4976, 952), ("VDD_SOC", 4976, 640)]),
        **monitor(2, [("USB_5V0", 5010, 150), ("M2_3V3", 3300, 500), ("CAM_1V8", 1800, 10)]),
        "sys/class/hwmon/hwmon4/name": "ina238\n",
        "sys/class/hwmon/hwmon4/in1_input": "5012\n",
        "sys/class/hwmon/hwmon4/curr1_input": "61\n",
        "sys/class/hwmon/hwmon4/power1_input": "305732\n",
        **memory(15_656_412, 12_003_132, 0),
    }


def one_monitor_registered_twice() -> Files:
    """The same three rails are in two folders: a sum would count each of them twice."""
    rails = [("VDD_GPU_SOC", 12_000, 430), ("VDD_CPU_CV", 12_000, 220), ("VIN_SYS_5V0", 4968, 953)]
    return {**agx_orin_industrial(), **monitor(3, rails), **monitor(4, rails)}


def container_on_a_jetson() -> Files:
    """No device tree, no power modes, no sensors: what a container sees, and NVIDIA's file that it was given."""
    return {
        "etc/nv_tegra_release": "# R36 (release), REVISION: 4.3, GCID: 1, BOARD: generic, EABI: aarch64\n",
        "proc/sys/kernel/osrelease": "5.15.148-tegra\n",
        **cpus([(0, 3)], 1_510_400, 1_510_400, 1_510_400, 1_510_400),
        **memory(7_802_712, 5_343_220, 0),
        "proc/mounts": "overlay / overlay rw,relatime,lowerdir=/a:/b 0 0\n",
    }


def container_anywhere() -> Files:
    """Nothing but what every container has."""
    return {
        "proc/sys/kernel/osrelease": "6.8.0-45-generic\n",
        "proc/meminfo": "MemTotal: 16384000 kB\nMemAvailable: 9000000 kB\n",
        "proc/mounts": "overlay / overlay rw,relatime 0 0\n",
        "proc/uptime": "99.1 100.0\n",
    }


def compute_module_5() -> Files:
    """A Raspberry Pi that calls itself by its carrier's name; eMMC; its supply is too weak."""
    return {
        "proc/device-tree/model": "Vendor Fundus Carrier\0",
        "proc/device-tree/compatible": "vendor,carrier\0raspberrypi,5-compute-module\0brcm,bcm2712\0",
        **cpus([(0, 3)], 1_500_000, 1_500_000, 2_400_000, 2_400_000),
        "sys/class/hwmon/hwmon2/name": "rpi_volt\n",
        "sys/class/hwmon/hwmon2/in0_lcrit_alarm": "1\n",
        "sys/class/hwmon/hwmon3/name": "ina219\n",
        "sys/class/hwmon/hwmon3/in1_input": "5012\n",
        "sys/class/hwmon/hwmon3/curr1_input": "610\n",
        "sys/class/hwmon/hwmon3/power1_input": "3057320\n",
        "sys/class/devfreq/1002000000.v3d/cur_freq": "500000000\n",
        "sys/block/mmcblk0/size": "62333952\n",
        "sys/block/mmcblk0/device/type": "MMC\n",
        "sys/block/mmcblk0boot0/size": "8192\n",
        **memory(4_048_120, 2_902_112, 0),
        "proc/mounts": "/dev/mmcblk0p2 / ext4 rw 0 0\n",
    }


def compute_module_4() -> Files:
    """Was throttled since the start; its clock is at its floor, and is not held below it."""
    return {
        "proc/device-tree/model": "Raspberry Pi Compute Module 4 Rev 1.1\0",
        "proc/device-tree/compatible": "raspberrypi,4-compute-module\0brcm,bcm2711\0",
        "sys/devices/platform/soc/soc:firmware/get_throttled": "80000\n",
        **cpus([(0, 3)], 600_000, 600_000, 1_500_000, 1_500_000),
        **zones({"cpu-thermal": 79_100}),
        **memory(1_943_120, 902_112, 102_396, zram=False),
    }


def rockchip() -> Files:
    """Rock 5B: Mali's devfreq is called gpu, the memory's dmc; what kind of card mmcblk1 is, nothing says."""
    mali, dmc = "sys/class/devfreq/fb000000.gpu", "sys/class/devfreq/dmc"
    return {
        "proc/device-tree/model": "Radxa ROCK 5B\0",
        "proc/device-tree/compatible": "radxa,rock-5b\0rockchip,rk3588\0",
        f"{mali}/cur_freq": "300000000\n",
        f"{mali}/min_freq": "300000000\n",
        f"{mali}/max_freq": "1000000000\n",
        f"{mali}/available_frequencies": "1000000000 900000000 300000000\n",
        f"{dmc}/cur_freq": "2112000000\n",
        "sys/class/devfreq/fdab0000.npu/cur_freq": "1000000000\n",
        **cpus([(0, 3), (4, 5), (6, 7)], 1_800_000, 408_000, 1_800_000, 1_800_000),
        **zones({"soc-thermal": 47_153, "bigcore0-thermal": 47_153, "npu-thermal": 46_230}),
        "sys/class/thermal/cooling_device4/type": "devfreq-fb000000.gpu\n",
        "sys/class/thermal/cooling_device4/cur_state": "2\n",
        "sys/block/mmcblk1/size": "62333952\n",
        "sys/block/mtdblock0/size": "32768\n",
        **memory(16_181_000, 14_902_112, 0),
        "proc/mounts": "/dev/mmcblk1p3 / ext4 rw 0 0\n",
    }


def amd_laptop() -> Files:
    """A battery and RAPL, which are no monitors of rails; a file that is a folder; a chip with empty fan sockets."""
    chip = "sys/class/hwmon/hwmon5"
    return {
        "sys/class/dmi/id/sys_vendor": "LENOVO\n",
        "sys/class/dmi/id/product_name": "21K5CTO1WW\n",
        **cpus([(core, core) for core in range(16)], 1_397_000, 400_000, 5_132_000, 5_132_000),
        "sys/class/hwmon/hwmon0/name": "BAT0\n",
        "sys/class/hwmon/hwmon0/in0_input": "16800\n",
        "sys/class/hwmon/hwmon1/name": "k10temp\n",
        "sys/class/hwmon/hwmon1/temp1_label": "Tctl\n",
        "sys/class/hwmon/hwmon1/temp1_input": "51125\n",
        "sys/class/hwmon/hwmon2/name": "amdgpu\n",
        "sys/class/hwmon/hwmon2/power1_average": "9121000\n",
        "sys/class/hwmon/hwmon3/name/is/a/folder": "",
        f"{chip}/name": "nct6798\n",
        f"{chip}/pwm1": "120\n",
        f"{chip}/fan1_input": "1140\n",
        f"{chip}/pwm2": "255\n",
        f"{chip}/fan2_input": "0\n",
        "sys/class/power_supply/BAT0/power_now": "9800000\n",
        "sys/class/powercap/intel-rapl:0/name": "package-0\n",
        "sys/devices/system/cpu/cpu0/thermal_throttle/package_throttle_count": "0\n",
        **memory(31_521_344, 15_113_040, 8_388_604, zram=False),
        **nvme(),
    }


def server_of_52_cores() -> Files:
    """Two packages of 26 cores, each core with a clock of its own; sixteen disks; nobody's GPU."""
    files: Files = {
        "sys/class/dmi/id/sys_vendor": "Supermicro\n",
        "sys/class/dmi/id/product_name": "SYS-1029P\n",
        **cpus([(core, core) for core in range(104)], 1_000_000, 1_000_000, 3_900_000, 3_900_000),
        **zones({"x86_pkg_temp": 61_000}),
        **memory(791_521_344, 700_113_040, 0),
        "proc/mounts": "/dev/mapper/vg-root / ext4 rw 0 0\n",
    }
    for core in range(104):
        count = 7 if core % 2 else 12
        files[f"sys/devices/system/cpu/cpu{core}/thermal_throttle/package_throttle_count"] = f"{count}\n"
    for disk in "abcdefghijklmnop":
        files[f"sys/block/sd{disk}/size"] = "7814037168\n"
        files[f"sys/block/sd{disk}/removable"] = "0\n"
    return files


def igx_orin() -> Files:
    """No "Jetson" in its name; an unknown set of rails, one of which sounds like an input and feeds a part only."""
    return {
        "proc/device-tree/model": "NVIDIA IGX Orin Development Kit\0",
        "proc/device-tree/compatible": f"nvidia,p3740-0002+p3701-0008\0nvidia,p3701-0008\0{ORIN}\0",
        "etc/nv_tegra_release": "# R36 (release), REVISION: 4.0, GCID: 1, BOARD: generic, EABI: aarch64\n",
        **gpu("17000000.gpu", 306_000_000, 306_000_000, 1_185_000_000, 1_185_000_000),
        **monitor(1, [("PCIE_3V3_IN", 3300, 2000), ("VDD_CORE_A", 12_000, 300), ("VDD_CORE_B", 12_000, 250)]),
        **memory(64_349_164, 58_209_100, 0),
    }


def gibberish() -> Files:
    """An Orin whose files tell nothing that can be."""
    files = {**agx_orin_industrial(), **fan(7, "pwmfan", 79, 2, "pwm_tach", 2140)}
    words = ("", "\0\0", "-7", "nan", "0x1f", "99999999999999999", "🙂", "pmode:", "< POWER_MODEL ID=x >")
    kept = ("proc/device-tree", "etc/nv_tegra")
    return {
        path: text if path.startswith(kept) or path.endswith("/name") else words[place % len(words)]
        for place, (path, text) in enumerate(files.items())
    }


ODD_BOARDS = {
    board.__name__: board
    for board in (
        agx_orin_industrial,
        orin_nano_4gb,
        agx_xavier_jetpack_4,
        tx2_jetpack_4,
        thor_without_its_carriers_monitor,
        orin_nx_on_another_carrier,
        one_monitor_registered_twice,
        container_on_a_jetson,
        container_anywhere,
        compute_module_5,
        compute_module_4,
        rockchip,
        amd_laptop,
        server_of_52_cores,
        igx_orin,
        gibberish,
    )
}


def _old_monitor(chip: str, rails: list[tuple[str, int, int]]) -> Files:
    folder = f"sys/bus/i2c/drivers/ina3221x/{chip}/iio:device0"
    files: Files = {}
    for channel, (label, millivolts, milliamperes) in enumerate(rails):
        files[f"{folder}/rail_name_{channel}"] = f"{label}\n"
        files[f"{folder}/in_voltage{channel}_input"] = f"{millivolts}\n"
        files[f"{folder}/in_current{channel}_input"] = f"{milliamperes}\n"
        # the old driver gives the product, too
        files[f"{folder}/in_power{channel}_input"] = f"{millivolts * milliamperes // 1000}\n"
    return files
